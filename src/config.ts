import { z } from 'zod'
import { type Authorities, authoritiesFrom } from './config/authorities.ts'
import { type Given, keyFrom, opened } from './config/key-encryption-key.ts'
import { oneCardProblems } from './config/one-card-rules.ts'
import { problemsBetween } from './config/rules.ts'
import { VARIABLES } from './config/variables.ts'
import { type Problem, problem, wordsOf } from './config/words.ts'
import type { Secret } from './errors.ts'
import type { ScheduleSettings } from './payment/schedule.ts'

/**
 * Environment -> checked, frozen settings. The only reader of `process.env`; every problem is
 * named at once, by its variable, and the process ends with exit code 2. Any value may be wrapped
 * by the key-encryption key (`npm run wrap-secret`): it is opened here and nowhere else.
 */

const SCHEMA = z.object(VARIABLES)
const SOME = SCHEMA.partial()

type Checked = Readonly<z.output<typeof SCHEMA>>
/** What is right already, while something else is still wrong. */
export type SomeSettings = Readonly<z.output<typeof SOME>>

export interface Settings extends Checked {
  readonly schedule: ScheduleSettings
  readonly keyEncryptionKey: Secret<Buffer>
  readonly authorities: Authorities
}

/** Raised with one line a problem; `main` prints it and exits with 2. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/** @throws ConfigError that names every variable that is missing or wrong. */
export function readSettings(
  environment: Record<string, string | undefined> = process.env,
): Settings {
  const given = setOnes(environment)
  const { key, problems: keyProblems } = keyFrom(given)
  const { clear, problems: wrappedProblems } = opened(given, key)
  const result = SCHEMA.safeParse(clear)
  // One line a variable, the last: a value that could not be opened has no other problem.
  const alone = [...problemsOf(result.error, clear), ...wrappedProblems, ...keyProblems]
  const wrong = new Map(alone.map(({ name, line }) => [name, line]))
  const right = Object.fromEntries(Object.entries(clear).filter(([name]) => !wrong.has(name)))
  const some = SOME.parse(right)
  const { authorities, problems: certificateProblems } = authoritiesFrom(some)
  const between = [...problemsBetween(some), ...oneCardProblems(some), ...certificateProblems]
  const others = between.filter(({ name }) => !wrong.has(name))
  const lines = [...wrong.values(), ...others.map(({ line }) => line)]
  if (!result.success || key === null || lines.length > 0) throw new ConfigError(lines.join('\n'))
  const checked = result.data
  return Object.freeze({
    ...checked,
    schedule: scheduleOf(checked),
    keyEncryptionKey: key,
    authorities,
  })
}

/** For whoever needs no other setting. @throws ConfigError */
export function readKeyEncryptionKey(
  environment: Record<string, string | undefined> = process.env,
): Secret<Buffer> {
  const { key, problems } = keyFrom(setOnes(environment))
  if (key === null) throw new ConfigError(problems.map(({ line }) => line).join('\n'))
  return key
}

function setOnes(environment: Record<string, string | undefined>): Given {
  const given: Given = {}
  for (const name of Object.keys(VARIABLES)) {
    const value = environment[name]
    if (value !== undefined && value.trim() !== '') given[name] = value
  }
  return given
}

function problemsOf(error: z.ZodError | undefined, given: Given): Problem[] {
  return (error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0])
    return problem(name, given[name] === undefined ? 'is required' : wordsOf(issue))
  })
}

function scheduleOf(checked: Checked): ScheduleSettings {
  return Object.freeze({
    firstDelayMs: checked.SCHEDULE_FIRST_DELAY_MS,
    periodMs: checked.SCHEDULE_PERIOD_MS,
    windowMs: checked.SCHEDULE_WINDOW_MS,
    includeWindowEnd: checked.SCHEDULE_INCLUDE_WINDOW_END,
    tailGapsMs: checked.SCHEDULE_TAIL_GAPS_MS,
    tailPeriodMs: checked.SCHEDULE_TAIL_PERIOD_MS,
    tailEndMs: checked.SCHEDULE_TAIL_END_MS,
    questionTimeoutMs: checked.SCHEDULE_QUESTION_TIMEOUT_MS,
  })
}

/** A link that still runs on what Annex B lets live only for a while. */
export interface LegacyLink {
  readonly link: string
  readonly reason: string
  /** `yyyy-mm-dd`, the day on which it must be gone. */
  readonly deadline: string
}

/** SC-B02: warned of at start, counted in the metrics, an error once the deadline has passed. */
export function legacyLinks(settings: Settings): LegacyLink[] {
  const links = {
    his: settings.HIS_LEGACY,
    'his-plain-http': settings.HIS_PLAIN_HTTP,
    'insurance-plain-http': settings.INSURANCE_PLAIN_HTTP,
    'mid-platform-plain-http': settings.MID_PLATFORM_PLAIN_HTTP,
    'one-code-plain-http': settings.ONE_CODE_PLAIN_HTTP,
    'hrss-pay-plain-http': settings.HRSS_PAY_PLAIN_HTTP,
    'one-card-plain-http': settings.ONE_CARD_PLAIN_HTTP,
    alipay: settings.ALIPAY_LEGACY,
    icbc: settings.BANK === 'icbc' ? settings.ICBC_LEGACY : undefined,
  }
  return Object.entries(links).flatMap(([link, legacy]) => (legacy ? [{ link, ...legacy }] : []))
}
