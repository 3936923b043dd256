/**
 * Counting text messages: the GSM 7-bit default alphabet (3GPP TS 23.038 §6.2.1). A message of up to 160 septets travels alone; a longer one
 * in parts of 153, because each carries a header that says which part it is (3GPP TS 23.040 §9.2.3.24.1).
 */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
/** Sent as an escape and a second septet. */
const EXTENDED = new Set('\f^{}\\[~]|€')

const ALONE = 160
const IN_PARTS = 153

const REPLACED: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
  '…': '...',
  '•': '-',
  '×': 'x',
  '\t': ' ',
  '\u00A0': ' ',
}

/** The text in the alphabet: typographic signs and accents become their plain forms, and what has none a question mark. */
export function toGsm(text: string): string {
  return [...text.normalize('NFC')].map(gsmCharacter).join('')
}

function gsmCharacter(character: string): string {
  if (BASIC.has(character) || EXTENDED.has(character)) return character
  const replaced = REPLACED[character] ?? character.normalize('NFKD').replace(/\p{M}/gu, '')
  return [...replaced].every(part => BASIC.has(part) || EXTENDED.has(part)) ? replaced : '?'
}

/** How many septets a text in the alphabet takes. */
export function septets(text: string): number {
  let count = 0
  for (const character of text) count += EXTENDED.has(character) ? 2 : 1
  return count
}

/** The parts in which a text in the alphabet travels. An escape is never parted from its second septet. */
export function partsOf(text: string): readonly string[] {
  if (septets(text) <= ALONE) return [text]
  const parts: string[] = []
  let part = ''
  let length = 0
  for (const character of text) {
    const size = EXTENDED.has(character) ? 2 : 1
    if (length + size > IN_PARTS) {
      parts.push(part)
      part = ''
      length = 0
    }
    part += character
    length += size
  }
  return [...parts, part]
}

/** The most septets that surely fit in so many parts: an escape can leave the last septet of a part unused. */
export function roomIn(parts: number): number {
  return parts === 1 ? ALONE : parts * (IN_PARTS - 1)
}

/** The text in the alphabet cut to so many septets, at the end of a word where there is one, with three points where it was cut. */
export function cutTo(text: string, most: number): string {
  if (septets(text) <= most) return text
  let cut = ''
  let length = 0
  for (const character of text) {
    const size = EXTENDED.has(character) ? 2 : 1
    if (length + size > most - 3) break
    cut += character
    length += size
  }
  const atWord = cut.replace(/\s+\S*$/, '')
  return most < 4 ? '' : `${(atWord.length > cut.length / 2 ? atWord : cut).trimEnd()}...`
}
