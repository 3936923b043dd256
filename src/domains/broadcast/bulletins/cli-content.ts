import { Invalid } from '../../../kernel/errors.ts'
import { isRecord } from '../../../kernel/json.ts'
import { jsonFrom } from '../../../platform/cli/json-file.ts'

/** Reads the fields of a bulletin from a JSON file that a command names. Throws `Invalid` with what is wrong. */
export async function fieldsFrom(path: string): Promise<object> {
  const fields = await jsonFrom(path)
  if (!isRecord(fields)) throw new Invalid('broadcast.draft.file', 'The file must hold one JSON object: { "title": … }.')
  return fields
}
