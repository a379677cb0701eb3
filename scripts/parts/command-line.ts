/**
 * What people type behind a command: the options it knows and `--help`. Whatever it does not
 * understand ends it with exit code 2 before anything is started.
 */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'

/** A command as people type it, and its help page; refusals are in the page's language. */
export interface Usage {
  readonly command: string
  readonly help: string
}

interface Sentences {
  readonly noSuchOption: (option: string) => string
  readonly needsValue: (option: string) => string
  readonly takesNoValue: (option: string) => string
  readonly wordTooMany: (word: string) => string
  readonly noSuchChoice: (option: string, given: string, known: readonly string[]) => string
  readonly seeHelp: (command: string) => string
}

const ENGLISH: Sentences = {
  noSuchOption: (option) => `no such option: ${option}`,
  needsValue: (option) => `${option} needs a value`,
  takesNoValue: (option) => `${option} takes no value`,
  wordTooMany: (word) => `one word too many: ${word}`,
  noSuchChoice: (option, given, known) => `${option}: no ${given}; there is ${known.join(', ')}`,
  seeHelp: (command) => `see ${command} -- --help`,
}

const CHINESE: Sentences = {
  noSuchOption: (option) => `没有这个选项：${option}`,
  needsValue: (option) => `${option} 后面要有值`,
  takesNoValue: (option) => `${option} 不带值`,
  wordTooMany: (word) => `多余的参数：${word}`,
  noSuchChoice: (option, given, known) => `${option} 没有 ${given}；可选：${known.join('、')}`,
  seeHelp: (command) => `用法见 ${command} -- --help`,
}

const sentencesOf = ({ help }: Usage): Sentences =>
  /[\u4e00-\u9fff]/.test(help) ? CHINESE : ENGLISH

/** `most` words without a name may stand beside the options. */
export function readCommandLine<const O extends ParseArgsOptionsConfig>(
  usage: Usage,
  options: O,
  most = 0,
) {
  const args = process.argv.slice(2)
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage.help)
    process.exit(0)
  }
  try {
    const { values, positionals: words } = parseArgs({ args, options, allowPositionals: true })
    const extra = words[most]
    if (extra !== undefined) refuse(usage, sentencesOf(usage).wordTooMany(extra))
    return { values, words }
  } catch (error) {
    return refuse(usage, whatIsWrong(sentencesOf(usage), error))
  }
}

/** Says what is wrong and where the help is. */
export function refuse(usage: Usage, sentence: string): never {
  console.error(`${sentence}\n${sentencesOf(usage).seeHelp(usage.command)}`)
  process.exit(2)
}

/** @returns `given` as one of `known`; anything else is refused with what there is. */
export function oneOf<const T extends string>(
  usage: Usage,
  choice: { readonly option: string; readonly given: string; readonly known: readonly T[] },
): T {
  const { option, given, known } = choice
  const found = known.find((one) => one === given)
  return found ?? refuse(usage, sentencesOf(usage).noSuchChoice(option, given, known))
}

/** Node names the option in quotes, and goes on about shells. */
function whatIsWrong(says: Sentences, error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const option = /'((?:-\w, )?--?[\w-]+)/.exec(error.message)?.[1] ?? ''
  const isUnknown = 'code' in error && error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
  if (isUnknown) return says.noSuchOption(option)
  if (error.message.includes('does not take')) return says.takesNoValue(option)
  return says.needsValue(option)
}
