/**
 * Personal data as it is shown (HN-11, ZWFW C0131-2018 6.4, whose text is not public: the rules are ours).
 * One table; an unknown field is hidden altogether.
 */

const stars = (count: number): string => '*'.repeat(Math.max(0, count))

const ends = (text: string, first: number, last: number): string => {
  const letters = [...text]
  // What is too short to keep its ends shows nothing.
  if (letters.length <= first + last) return stars(letters.length)
  const middle = letters.length - first - last
  return [...letters.slice(0, first), stars(middle), ...letters.slice(letters.length - last)].join(
    '',
  )
}

/** Kept: up to the district (区, 县, 旗), or the city where none is named. */
function district(address: string): string {
  const kept = (/^.{0,24}?[区县旗]/u.exec(address) ?? /^.{0,24}?市/u.exec(address))?.[0] ?? ''
  return kept + stars([...address].length - [...kept].length)
}

export const MASKS = {
  name: (text: string) => ends(text, 1, 0),
  idNo: (text: string) => ends(text, 3, 2),
  socialSecurityNo: (text: string) => ends(text, 3, 2),
  cardNo: (text: string) => ends(text, 0, 4),
  phone: (text: string) => ends(text, 3, 4),
  address: district,
} as const

export type Masked = keyof typeof MASKS

export const masked = (field: Masked, text: string): string => MASKS[field](text)
