import { LineCounter, parseDocument } from 'yaml'
import { fail, succeed, type Result } from '../../kernel/problem.ts'

/** Larger than any framework; small enough to hold as a tree. */
const LARGEST_CHARACTERS = 8_000_000
/** What aliases may unfold to. The whole Cyber Assessment Framework with its shared rule stays under ten thousand. */
const MOST_ALIASED = 20_000
const MOST_VALUES = 1_000_000
const DEEPEST = 60

/**
 * Reads one YAML document (1.2, the core schema: JSON's values and nothing else) into plain values. Dates stay text. What would unfold to more than it is
 * is refused before it unfolds. Rules: `yaml.too-large`, `yaml.too-deep`, `yaml.aliases`, `yaml.not-yaml`.
 */
export function readYaml(text: string): Result<unknown> {
  if (text.length > LARGEST_CHARACTERS)
    return refuse(
      'yaml.too-large',
      `The file is longer than ${LARGEST_CHARACTERS / 1_000_000} million characters, which no framework is. It was not read.`,
    )
  const lines = new LineCounter()
  try {
    const document = parseDocument(text, { schema: 'core', prettyErrors: false, lineCounter: lines, stringKeys: true, logLevel: 'silent' })
    const [fault] = document.errors
    if (fault) {
      const { line } = lines.linePos(fault.pos[0])
      const isTwice = fault.code === 'DUPLICATE_KEY'
      const why = isTwice
        ? `Line ${line} says the same key again, so that one of the two would be lost.`
        : `This is not YAML that can be read: line ${line} breaks it.`
      return refuse('yaml.not-yaml', `${why} Check that it is the file that was meant.`)
    }
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASED })
    if (!fits(value)) return tooDeep()
    return succeed(value)
  } catch (error) {
    // The reader calls itself for each level that a file nests.
    if (error instanceof RangeError) return tooDeep()
    if (error instanceof ReferenceError)
      return refuse('yaml.aliases', 'This refers to itself so often that it would unfold without end. It was not read.')
    throw error
  }
}

/** Whether a value is a tree of a size that an honest file has. One that holds itself never ends, so it does not fit. */
function fits(value: unknown): boolean {
  let left = MOST_VALUES
  const walk = (part: unknown, depth: number): boolean =>
    typeof part !== 'object' || part === null || (depth < DEEPEST && Object.values(part).every(inner => --left > 0 && walk(inner, depth + 1)))
  return walk(value, 0)
}

function tooDeep(): Result<never> {
  return refuse('yaml.too-deep', `This nests more than ${DEEPEST} levels deep or holds itself, which no framework does. It was not read.`)
}

function refuse(rule: string, message: string): Result<never> {
  return fail({ rule, pointer: '', severity: 'error', message })
}
