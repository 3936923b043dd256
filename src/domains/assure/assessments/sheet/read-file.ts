import { parse } from 'csv-parse/sync'
import { isWorkbook, readWorkbook } from '../../../../codecs/framework-sheet/workbook.ts'
import { readWebcafAnswers } from '../../../../codecs/webcaf-answers/read.ts'
import { Invalid } from '../../../../kernel/errors.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import type { Answers } from './commands.ts'
import { readSheet } from './model.ts'

/** What a file says, and what of it could not be read. */
export interface ReadAnswers extends Answers {
  readonly problems: readonly Problem[]
  /** What WebCAF says that each outcome came out as, by its code. Empty for a table. */
  readonly statuses: ReadonlyMap<string, string>
}

/** Reads answers from the bytes of an .xlsx workbook, of CSV, or of the JSON of a WebCAF assessment. Throws `Invalid` for what is none of them. */
export async function readAnswersFile(bytes: Buffer): Promise<ReadAnswers> {
  if (isWorkbook(bytes)) {
    const workbook = await readWorkbook(bytes)
    if (!workbook.ok) throw new Invalid('assure.sheet.workbook', workbook.problems[0]?.message ?? 'This workbook cannot be read.')
    return { ...readSheet(workbook.value[0]?.rows ?? []), statuses: new Map() }
  }
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '')
  return text.trimStart().startsWith('{') ? readWebcaf(text) : { ...readSheet(readCsv(text)), statuses: new Map() }
}

function readCsv(text: string): readonly (readonly string[])[] {
  const [first = ''] = text.split('\n', 1)
  const delimiter = ['\t', ';'].find(sign => first.includes(sign)) ?? ','
  try {
    return parse(text, { delimiter, relax_column_count: true, bom: true })
  } catch {
    throw new Invalid('assure.sheet.csv', 'This cannot be read as a table. Check that each quotation mark has its pair, or save it as .xlsx.')
  }
}

/** In a WebCAF assessment a statement that is not ticked is answered no. */
function readWebcaf(text: string): ReadAnswers {
  const read = readWebcafAnswers(text)
  if (!read.ok) throw new Invalid('assure.sheet.webcaf', read.problems.at(-1)?.message ?? 'This is no WebCAF assessment.')
  const { answers, outcomes } = read.value
  return {
    rows: answers.map(({ code, isTicked, comment }, at) => ({
      line: at + 1,
      code,
      answer: isTicked ? 'yes' : 'no',
      comment,
      alternative: '',
      revision: null,
    })),
    summaries: new Map(outcomes.map(({ code, summary }) => [code, summary])),
    statuses: new Map(outcomes.flatMap(({ code, status }) => (status === null ? [] : [[code, status] as const]))),
    problems: read.problems,
  }
}
