import { Invalid } from '../../../kernel/errors.ts'
import { parseJson } from '../../../kernel/json.ts'
import { readFileLimited } from '../../../platform/fetch/fetch.ts'

const MOST_BYTES = 1_000_000

/** Reads the fields of a bulletin from a JSON file that a command names. Throws `Invalid` with what is wrong. */
export async function fieldsFrom(path: string): Promise<object> {
  const read = parseJson((await readFileLimited(path, MOST_BYTES)).toString('utf8'))
  if (!read.ok) throw new Invalid('broadcast.draft.file', read.problems.map(({ message }) => message).join(' '))
  if (typeof read.value !== 'object' || read.value === null || Array.isArray(read.value))
    throw new Invalid('broadcast.draft.file', 'The file must hold one JSON object: { "title": … }.')
  return read.value
}
