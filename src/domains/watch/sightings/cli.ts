import type { Page } from '../../../kernel/page.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { pageFrom, pagingOptions } from '../../../platform/cli/paging.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { endTrust, trustWriter } from './commands.ts'
import { listWriters, type SightingWriterRow } from './queries.ts'

const MOST_ROWS = 500
const CODE = required('code', 'the ODS code of the organisation')
const REASON = required('reason', 'why, in quotes')

const list: Command = {
  name: 'sightings writers',
  summary: 'List the organisations whose sightings are taken over TAXII',
  arguments: [],
  options: pagingOptions(MOST_ROWS),
  permission: 'watch.threat.view',
  async run({ platform, actor, output }, _arguments, options) {
    const asked = pageFrom(options, MOST_ROWS)
    const { rows, next } = await readAs<Visible, Page<SightingWriterRow>>(platform, actor, db => listWriters(db, '', asked))
    const lines = rows.map(row => `${row.code.padEnd(8)} ${row.name}: ${row.told} told, since ${row.since.toISOString().slice(0, 10)}. ${row.reason}`)
    output.result(rows, lines.length === 0 ? ['None. Trust one: "carecert sightings trust CODE REASON".'] : lines)
    output.more(next)
  },
}

const trust: Command = {
  name: 'sightings trust',
  summary: 'Take sightings of an organisation over TAXII',
  arguments: [CODE, REASON],
  options: [],
  permission: 'watch.sighting.trust',
  async run({ platform, actor, output }, [code = '', reason = '']) {
    await runWork<Visible, void>(platform, actor, work => trustWriter(work, { code, reason }))
    output.result({ code: code.toUpperCase(), trusted: true }, [`Sightings of ${code.toUpperCase()} are taken from now on.`])
  },
}

const end: Command = {
  name: 'sightings distrust',
  summary: 'Take sightings of an organisation no more',
  arguments: [CODE, REASON],
  options: [],
  permission: 'watch.sighting.trust',
  async run({ platform, actor, output }, [code = '', reason = '']) {
    await runWork<Visible, void>(platform, actor, work => endTrust(work, { code, reason }))
    output.result({ code: code.toUpperCase(), trusted: false }, [`Sightings of ${code.toUpperCase()} are taken no more. What it told stays.`])
  },
}

export const sightingCommands: readonly Command[] = [list, trust, end]
