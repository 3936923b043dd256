import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { recognisesRolieFeed } from '../../codecs/csaf-provider/feed.ts'
import { recognisesProviderMetadata } from '../../codecs/csaf-provider/metadata.ts'
import { LEVELS, type Level, type Verdict } from '../../codecs/csaf-validation/model.ts'
import { adviceOf, titleOf } from '../../codecs/csaf-validation/words.ts'
import { CareCertError, Invalid } from '../../kernel/errors.ts'
import { parseJson, recordAt } from '../../kernel/json.ts'
import { many, type Command } from '../../platform/cli/command.ts'
import { readFileLimited } from '../../platform/fetch/fetch.ts'
import { LARGEST_DOCUMENT_BYTES, NOT_UTF8, ruleWords, SEVERITY_WORDS, textFrom, unreadable, verdictJson, verdictSentence } from './model.ts'
import { createValidator, type Validator } from './pool.ts'

interface Judged {
  readonly file: string
  readonly verdict: Verdict
}

const validate: Command = {
  name: 'csaf validate',
  summary: 'Judge CSAF documents by the rules of their version',
  arguments: [many('file', 'a document, a folder of them, or - for standard input')],
  options: [{ flags: '--level <level>', meaning: 'mandatory, optional too, or informative too (informative)', choices: LEVELS }],
  permission: null,
  async run({ output }, files, options) {
    const level = LEVELS.find(known => known === options['level']) ?? 'informative'
    const paths = (await Promise.all(files.map(documentsIn))).flat()
    const validator = createValidator()
    const progress = output.progress('Judging', paths.length)
    let done = 0
    try {
      const found = await inTurn(paths, async ({ path, isNamed }) => {
        const verdict = await judge(validator, path, isNamed, level)
        progress.update(++done)
        return verdict === null ? [] : [{ file: path, verdict }]
      })
      progress.stop()
      const judged = found.flat()
      output.result(
        judged.map(({ file, verdict }) => ({ file, ...verdictJson(verdict) })),
        judged.flatMap(linesOf),
      )
      const lists = found.length - judged.length
      if (lists > 0)
        output.say(`${lists} JSON ${lists === 1 ? 'file lists' : 'files list'} documents and ${lists === 1 ? 'is' : 'are'} none: left out.`)
      const invalid = judged.filter(({ verdict }) => !verdict.isValid).length
      if (invalid > 0)
        throw new Invalid('interop.csaf.invalid', judged.length > 1 ? `${invalid} of ${judged.length} documents are not valid.` : whyNot(judged))
    } finally {
      progress.stop()
      await validator.close()
    }
  },
}

const NO_FILE = 'csaf.no-file'

export const validatorCommands: readonly Command[] = [validate]

interface Named {
  readonly path: string
  /** By the caller, and not found in a folder. */
  readonly isNamed: boolean
}

/** A folder stands for the JSON files in it, at any depth. */
async function documentsIn(path: string): Promise<readonly Named[]> {
  const found = path === '-' ? undefined : await stat(path).catch(() => undefined)
  if (found?.isDirectory() !== true) return [{ path, isNamed: true }]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const documents = entries.filter(entry => !entry.isDirectory() && /\.json$/i.test(entry.name)).map(entry => join(entry.parentPath, entry.name))
  if (documents.length === 0) throw new Invalid('interop.csaf.empty-folder', `There is no JSON file in ${path}. Name a folder with documents.`)
  return documents.toSorted().map(document => ({ path: document, isNamed: false }))
}

/** What cannot be read has a verdict too, so that one such file hides none of the others. `null` for a list of a provider, where a folder was named. */
async function judge(validator: Validator, path: string, isNamed: boolean, level: Level): Promise<Verdict | null> {
  let bytes
  try {
    bytes = path === '-' ? await buffer(process.stdin) : await readFileLimited(path, LARGEST_DOCUMENT_BYTES)
  } catch (error) {
    if (error instanceof CareCertError) return unreadable(NO_FILE, error.message)
    throw error
  }
  const text = textFrom(bytes)
  if (text === undefined) return NOT_UTF8
  const verdict = await validator.validate(text, level)
  return verdict.version === null && !isNamed && isProvidersList(text) ? null : verdict
}

/** Whether it is one of the JSON files that lie beside documents: the provider's metadata, a feed, a service or a category document. */
function isProvidersList(text: string): boolean {
  const read = parseJson(text)
  if (!read.ok) return false
  const { value } = read
  return (
    recognisesProviderMetadata(value) || recognisesRolieFeed(value) || ['service', 'categories'].some(name => recordAt(value, name) !== undefined)
  )
}

/** As many are read at once as can be judged soon: thousands of documents are not held together. */
const AT_ONCE = 16

async function inTurn<F, T>(files: readonly F[], each: (file: F) => Promise<T>): Promise<readonly T[]> {
  const found: T[] = []
  const waiting = files.entries()
  async function run(): Promise<void> {
    for (const [at, file] of waiting) found[at] = await each(file)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, run))
  return found
}

/** Of the one that was judged. */
function whyNot([only]: readonly Judged[]): string {
  return only?.verdict.findings.find(({ rule }) => rule === NO_FILE)?.message ?? 'The document is not valid.'
}

function linesOf({ file, verdict }: Judged): readonly string[] {
  return [
    `${file}: ${verdictSentence(verdict)}`,
    ...verdict.findings.flatMap(({ rule, pointer, severity, message }) => [
      `  ${SEVERITY_WORDS[severity]} ${ruleWords(rule)} at ${pointer === '' ? 'the whole document' : pointer}${message === '' ? '' : `: ${message}`}`,
      `    The rule: ${titleOf(rule)}. ${adviceOf(rule)}`,
    ]),
    ...(verdict.notChecked.length > 0 ? [`  Not checked: ${verdict.notChecked.map(({ rule }) => rule).join(', ')}.`] : []),
  ]
}
