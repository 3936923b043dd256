import { writeFile } from 'node:fs/promises'
import { Invalid } from '../../../kernel/errors.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { readAs } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { reportCsv, reportOscal, reportWorkbook, standingText, titleOf } from './files.ts'
import type { Report } from './model.ts'
import { reportOf } from './queries.ts'

const FORMATS = ['csv', 'xlsx', 'oscal'] as const

const report: Command = {
  name: 'assessments report',
  summary: 'Write the report of a review to a file (use --as EMAIL to act as a person of the organisation)',
  arguments: [required('id', 'the review, as its address says: asm_…'), required('file', 'where to write it; one that is there is not overwritten')],
  options: [{ flags: '--format <format>', meaning: 'csv, xlsx or oscal (csv)', choices: FORMATS }],
  permission: 'assure.report.view',
  async run({ platform, actor, output }, [id = '', file = ''], options) {
    const found = await readAs<Visible, Report>(platform, actor, db => reportOf(db, actor, id, platform.clock.now()))
    const format = FORMATS.find(known => known === options['format']) ?? 'csv'
    try {
      await writeFile(file, await bodyOf(found, format), { flag: 'wx', mode: 0o600 })
    } catch (error) {
      throw new Invalid(
        'assure.report.file',
        'The report could not be written there. Name a file that does not exist yet, in a folder that does.',
        undefined,
        {
          cause: error,
        },
      )
    }
    output.result({ id, file, format, standing: standingText(found), outcomes: found.outcomes.length }, [
      titleOf(found),
      standingText(found),
      `Written to ${file}.`,
    ])
  },
}

async function bodyOf(found: Report, format: (typeof FORMATS)[number]): Promise<string | Buffer> {
  if (format === 'xlsx') return reportWorkbook(found)
  return format === 'csv' ? reportCsv(found) : `${JSON.stringify(reportOscal(found), null, 2)}\n`
}

export const reportCommands: readonly Command[] = [report]
