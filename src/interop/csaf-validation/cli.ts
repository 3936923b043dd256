import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { LEVELS, type Verdict } from '../../codecs/csaf-validation/model.ts'
import { adviceOf, titleOf } from '../../codecs/csaf-validation/words.ts'
import { Invalid } from '../../kernel/errors.ts'
import { many, type Command } from '../../platform/cli/command.ts'
import { readFileLimited } from '../../platform/fetch/fetch.ts'
import { LARGEST_DOCUMENT_BYTES, NOT_UTF8, ruleWords, SEVERITY_WORDS, textFrom, verdictJson, verdictSentence } from './model.ts'
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
      const judged = await inTurn(paths, async file => {
        const verdict = await judge(validator, file, level)
        progress.update(++done)
        return { file, verdict }
      })
      progress.stop()
      output.result(
        judged.map(({ file, verdict }) => ({ file, ...verdictJson(verdict) })),
        judged.flatMap(linesOf),
      )
      const invalid = judged.filter(({ verdict }) => !verdict.isValid).length
      if (invalid > 0)
        throw new Invalid(
          'interop.csaf.invalid',
          judged.length === 1 ? 'The document is not valid.' : `${invalid} of ${judged.length} documents are not valid.`,
        )
    } finally {
      progress.stop()
      await validator.close()
    }
  },
}

export const validatorCommands: readonly Command[] = [validate]

/** A folder stands for the JSON files in it, at any depth. */
async function documentsIn(path: string): Promise<readonly string[]> {
  if (path === '-') return [path]
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory() !== true) return [path]
  const names = await readdir(path, { recursive: true })
  const documents = names.filter(name => name.endsWith('.json')).toSorted()
  if (documents.length === 0) throw new Invalid('interop.csaf.empty-folder', `There is no JSON file in ${path}. Name a folder with documents.`)
  return documents.map(name => join(path, name))
}

async function judge(validator: Validator, file: string, level: (typeof LEVELS)[number]): Promise<Verdict> {
  const bytes = file === '-' ? await buffer(process.stdin) : await readFileLimited(file, LARGEST_DOCUMENT_BYTES)
  const text = textFrom(bytes)
  return text === undefined ? NOT_UTF8 : validator.validate(text, level)
}

/** As many are read at once as can be judged soon: thousands of documents are not held together. */
const AT_ONCE = 16

async function inTurn(paths: readonly string[], each: (path: string) => Promise<Judged>): Promise<readonly Judged[]> {
  const found: Judged[] = []
  let at = 0
  async function run(): Promise<void> {
    for (let mine = at++; mine < paths.length; mine = at++) found[mine] = await each(paths[mine] ?? '')
  }
  await Promise.all(Array.from({ length: AT_ONCE }, run))
  return found
}

function linesOf({ file, verdict }: Judged): readonly string[] {
  return [
    `${file}: ${verdictSentence(verdict)}`,
    ...verdict.findings.flatMap(({ rule, pointer, severity, message }) => [
      `  ${SEVERITY_WORDS[severity]} ${ruleWords(rule)} at ${pointer === '' ? 'the whole document' : pointer}: ${titleOf(rule)}${message === '' ? '' : ` (${message})`}`,
      `    ${adviceOf(rule)}`,
    ]),
    ...(verdict.notChecked.length > 0 ? [`  Not checked: ${verdict.notChecked.map(({ rule }) => rule).join(', ')}.`] : []),
  ]
}
