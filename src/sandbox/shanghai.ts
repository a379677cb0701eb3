/** Asia/Shanghai has been UTC+8 without summer time since 1991, so plain arithmetic is exact. */

const EIGHT_HOURS_MS = 8 * 3_600_000

/** `yyyy-MM-ddTHH:mm:ss` on a Shanghai clock, without zone. */
function local(at: number): string {
  return new Date(at + EIGHT_HOURS_MS).toISOString().slice(0, 19)
}

export const shanghai = {
  /** `yyyy-MM-dd HH:mm:ss` */
  spaced: (at: number): string => local(at).replace('T', ' '),
  /** `yyyyMMddHHmmss` */
  compact: (at: number): string => local(at).replaceAll(/[-T:]/g, ''),
  /** RFC 3339 with `+08:00` */
  rfc3339: (at: number): string => `${local(at)}+08:00`,
  /** @returns UTC milliseconds of a `yyyy-MM-dd HH:mm:ss`, or null. */
  parseSpaced: (text: string): number | null => {
    if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return null
    const at = Date.parse(`${text.replace(' ', 'T')}+08:00`)
    return Number.isNaN(at) ? null : at
  },
}
