/** What a value on a form may look like. A check says in Chinese what is wrong, never with the value. */

export type Check = (value: string) => string | null

const matches =
  (pattern: RegExp, sentence: string): Check =>
  (value) =>
    pattern.test(value) ? null : sentence

/** Characters, not UTF-16 units: rare names need two of those. */
export const text =
  (most: number): Check =>
  (value) =>
    Array.from(value).length > most ? `过长（至多 ${most} 字）` : null

export const oneOf = (known: readonly string[]): Check =>
  matches(new RegExp(`^(${known.join('|')})$`), `只能是：${known.join('、')}`)

export const code = (most: number): Check =>
  matches(new RegExp(`^[0-9A-Za-z_]{1,${most}}$`), `只能是字母和数字（至多 ${most} 位）`)

export const mobile: Check = matches(/^1[3-9]\d{9}$/, '不是 11 位手机号码')

export const telephone: Check = matches(
  /^(1[3-9]\d{9}|0\d{2,3}-?\d{7,8}(-\d{1,6})?|400-?\d{3}-?\d{4})$/,
  '不是电话号码（手机号码，或区号-号码）',
)

/** Six digits a place of insurance (GB/T 2260), several joined with `-` (A.3). */
export const divisions: Check = matches(/^\d{6}(-\d{6})*$/, '应为 6 位代码，多地用 - 分隔')

export const places: Check = (value) =>
  value.split('-').some((place) => place.trim() === '')
    ? '多地用 - 分隔，每一地都要有名称'
    : text(200)(value)

/** Documents other than identity cards have no check digit. */
export const documentNumber: Check = matches(/^[0-9A-Z()-]{5,30}$/, '只能是数字和大写字母')

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/** GB 11643: the last character of an identity number, from the 17 digits before it. */
export function checkDigit(first17: string): string {
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(first17[at]), 0)
  return '10X98765432'.charAt(sum % 11)
}

/** GB 11643: division, day of birth, serial number, check digit. */
export const identityNumber: Check = (value) => {
  if (!/^\d{17}[\dX]$/.test(value)) return '不是 18 位身份证号（末位 X 大写）'
  if (!isDay(value.slice(6, 14))) return '其中的出生日期不存在'
  return checkDigit(value) === value[17] ? null : '校验位不符，请核对'
}

/** `19880230` is no day: Date would silently make it March. */
function isDay(digits: string): boolean {
  const [year, month, day] = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)]
  const at = new Date(`${year}-${month}-${day}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.getUTCDate() === Number(day) && Number(year) >= 1900
}

/** A cell that begins so is a formula to a spreadsheet program, in full width too. */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/
/** What no form shows: controls, marks that reorder text, halves of characters. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/u
/** Office reads `_x003D_` as `=`. */
const ESCAPE = /_x[0-9a-f]{4}_/i

/** Before every other check: what must not reach an office program at all. */
export const harmless: Check = (value) => {
  if (FORMULA.test(value)) return '不能以 = + - @ 开头'
  return INVISIBLE.test(value) || ESCAPE.test(value) ? '含有不可见或不允许的字符' : null
}
