import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'

/** Whether the bytes begin, after blanks, as XML does, in whatever encoding. */
export function beginsAsXml(bytes: Uint8Array): boolean {
  const start = bytes.subarray(0, 256)
  const unicode = unicodeFormOf(start)
  const text = unicode === undefined ? latin1(start) : decodeUnicode(start, unicode)
  return /^(?:\uFEFF|\u00EF\u00BB\u00BF)?\s*</.test(text)
}

/**
 * Decodes XML from outside (RFC 7303 §3, XML 1.0 appendix F): a byte order mark first, then the shape of UTF-16 and UTF-32, then the charset
 * of the HTTP header, then the XML declaration, then UTF-8. What does not hold up against the bytes is passed over for the next, with a
 * warning, since headers and declarations are often wrong. Where nothing is said, EUC-JP, EUC-KR and GB 2312 are told apart by the
 * letters that they give; what is left is Windows-1252, which can always be read. Fails with `feed.empty`; warns with `feed.encoding`.
 */
export function decodeXml(bytes: Uint8Array, contentType: string | null = null): Result<string> {
  if (bytes.length === 0) return fail({ rule: 'feed.empty', pointer: '', severity: 'error', message: 'The file is empty.' })
  const unicode = unicodeFormOf(bytes)
  if (unicode !== undefined) return succeed(withoutMark(decodeUnicode(bytes, unicode)))

  const declared = /^\s*(?:<!--[^]{0,1000}?-->\s*)?<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]{1,40})["']/i.exec(latin1(bytes.subarray(0, 2_000)))?.[1]
  const header = /charset\s*=\s*["']?([\w.:-]{1,40})/i.exec(contentType ?? '')?.[1]
  const claims = [header, declared].filter(label => label !== undefined)
  for (const label of claims) {
    const text = decodeAs(bytes, label)
    if (text !== undefined) return succeed(text, label === claims[0] ? [] : [warning(claims[0] ?? '', label)])
  }
  const guessed = decodeAs(bytes, 'utf-8') !== undefined ? 'utf-8' : claims.length === 0 ? guessEncoding(bytes) : 'windows-1252'
  const text = new TextDecoder(guessed).decode(bytes)
  return succeed(text, guessed === 'utf-8' && claims.length === 0 ? [] : [warning(claims[0], guessed)])
}

type UnicodeForm = 'utf-8' | 'utf-16le' | 'utf-16be' | 'utf-32le' | 'utf-32be'

/** By the byte order mark, or by where the zeros stand around the first `<`. UTF-32 is asked first: its mark begins as that of UTF-16. */
function unicodeFormOf(bytes: Uint8Array): UnicodeForm | undefined {
  const found = SIGNATURES.find(([signature]) => signature.every((byte, at) => bytes[at] === byte))
  return found?.[1]
}

const SIGNATURES: readonly (readonly [readonly number[], UnicodeForm])[] = [
  [[0xff, 0xfe, 0, 0], 'utf-32le'],
  [[0, 0, 0xfe, 0xff], 'utf-32be'],
  [[0x3c, 0, 0, 0], 'utf-32le'],
  [[0, 0, 0, 0x3c], 'utf-32be'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
  [[0x3c, 0], 'utf-16le'],
  [[0, 0x3c], 'utf-16be'],
  [[0xef, 0xbb, 0xbf], 'utf-8'],
]

function decodeUnicode(bytes: Uint8Array, form: UnicodeForm): string {
  return form === 'utf-32le' || form === 'utf-32be' ? decodeUtf32(bytes, form === 'utf-32le') : new TextDecoder(form).decode(bytes)
}

/** No decoder of the platform reads UTF-32. */
function decodeUtf32(bytes: Uint8Array, isLittle: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let text = ''
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const point = view.getUint32(at, isLittle)
    text += point > 0x10ffff ? '\uFFFD' : String.fromCodePoint(point)
  }
  return text
}

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes)
}

/** The text, or `undefined` when the label is unknown, names an encoding of two bytes that the first `<` rules out, or does not fit the bytes. */
function decodeAs(bytes: Uint8Array, label: string): string | undefined {
  // In ASCII proper there is nothing above 127: whoever says so and sends it means something else.
  const name = /^(?:us-)?ascii$/i.test(label) ? 'utf-8' : label
  if (/^(?:utf-?(?:16|32)|u16|ucs|iso-10646)/i.test(name)) return undefined
  try {
    return new TextDecoder(name, { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * EUC encodings write each letter in two bytes above 127, so such bytes come in even runs, which accents in Western text do not.
 * Japanese is known by its kana, Korean by hangul; hanzi alone are Chinese.
 */
function guessEncoding(bytes: Uint8Array): 'euc-jp' | 'euc-kr' | 'gb18030' | 'windows-1252' {
  const runs = latin1(bytes).match(/[^\0-\x7f]+/g) ?? []
  if (runs.some(run => run.length % 2 === 1) || runs.every(run => run.length < 8)) return 'windows-1252'
  const share = (encoding: string, letters: RegExp) => {
    const foreign = decodeAs(bytes, encoding)?.match(/[^\0-\x7f]/gu) ?? []
    return foreign.length === 0 ? 0 : foreign.filter(letter => letters.test(letter)).length / foreign.length
  }
  if (share('euc-jp', /[\u3040-\u30ff]/) > 0.2) return 'euc-jp'
  if (share('euc-kr', /\p{Script=Hangul}/u) > 0.7) return 'euc-kr'
  return share('gb18030', /\p{Script=Han}/u) > 0.7 ? 'gb18030' : 'windows-1252'
}

function warning(claimed: string | undefined, read: string): Problem {
  const message =
    claimed === undefined
      ? `The feed does not say how it is encoded, and is not in UTF-8. It was read as ${read}: check that its letters came out right.`
      : `The feed says that it is in ${claimed}, which does not fit. It was read as ${read}: check that its letters came out right.`
  return { rule: 'feed.encoding', pointer: '', severity: 'warning', message }
}
