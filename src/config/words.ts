import type { z } from 'zod'
import type { SomeSettings } from '../config.ts'

export interface Problem {
  readonly name: string
  readonly line: string
}

export const problem = (name: string, says: string): Problem => ({ name, line: `${name} ${says}` })

/** What several variables say together. */
export type Rule = (some: SomeSettings) => readonly Problem[]

export const refuse = (name: string, says: string): readonly Problem[] => [problem(name, says)]
export const NONE: readonly Problem[] = []

/** What is wrong with a value, as it follows the variable's name; never the value itself. */
export function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return 'must be a whole number'
  if (issue.code === 'invalid_value') return `must be ${issue.values.map(String).join(' or ')}`
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`
  const isUrl = issue.code === 'invalid_format' && issue.format === 'url'
  return isUrl ? 'must be a complete address, https://host/path' : issue.message
}
