import { decodeText } from '../../../kernel/encoding.ts'
import { succeed, type Problem, type Result } from '../../../kernel/problem.ts'

/** The most bytes of a list: many times the rows that one takes. */
export const LARGEST_LIST = 1_048_576

/** The list that came with a form: the file that was chosen, or else what was pasted. Fails as `decodeText` does, at the field `list`. */
export function givenList(pasted: unknown, file: { readonly bytes: Uint8Array } | undefined): Result<string> {
  if (file === undefined) return succeed(typeof pasted === 'string' ? pasted : '')
  const read = decodeText(file.bytes)
  return read.ok ? read : { ok: false, problems: read.problems.map((problem): Problem => ({ ...problem, pointer: 'list' })) }
}
