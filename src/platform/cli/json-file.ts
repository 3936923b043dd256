import { isUtf8 } from 'node:buffer'
import { buffer } from 'node:stream/consumers'
import { Invalid } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import { readFileLimited } from '../fetch/fetch.ts'

const MOST_BYTES = 1_000_000

/**
 * What a file of JSON holds that a command was given; `-` is standard input. Throws `Invalid`, which names the file, when it is missing, larger than
 * `mostBytes`, not UTF-8, or not JSON.
 */
export async function jsonFrom(path: string, mostBytes = MOST_BYTES): Promise<unknown> {
  const bytes = path === '-' ? await buffer(process.stdin) : await readFileLimited(path, mostBytes)
  const name = path === '-' ? 'Standard input' : path
  // Anything else would come in with marks in the place of letters, and nobody would be told.
  if (!isUtf8(bytes)) throw new Invalid('platform.file.not-utf-8', `${name}: This is not UTF-8 text. Save it as UTF-8 and try again.`)
  const read = parseJson(bytes.toString('utf8'))
  if (read.ok) return read.value
  throw new Invalid('platform.file.json', `${name}: ${read.problems.map(({ message }) => message).join(' ')}`)
}
