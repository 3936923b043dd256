import { Invalid } from '../../kernel/errors.ts'
import { cleanText } from '../../kernel/text.ts'

/** A reason as somebody typed it, fit to keep. Throws `Invalid` when it is empty or too long. */
export function reasonFrom(text: string): string {
  const reason = cleanText(text)
  if (reason === '') throw new Invalid('broadcast.reason.missing', 'Say why, in a sentence.')
  if (reason.length > 2_000) throw new Invalid('broadcast.reason.too-long', 'Say why in at most 2,000 characters.')
  return reason
}
