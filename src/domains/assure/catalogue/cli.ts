import { Invalid } from '../../../kernel/errors.ts'
import { memberOf } from '../../../kernel/json.ts'
import type { Page } from '../../../kernel/page.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { jsonFrom } from '../../../platform/cli/json-file.ts'
import { pageFrom, pagingOptions } from '../../../platform/cli/paging.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { putEntry } from './commands.ts'
import { PARTS, type Entry, type Part } from './model.ts'
import { entriesOf, entryOf } from './queries.ts'

const MOST_ROWS = 500
const part = required('part', 'improvements, scenarios or rules')

function partIn(typed = ''): Part {
  if (typed === 'improvements' || typed === 'scenarios' || typed === 'rules') return typed
  throw new Invalid('assure.catalogue.part', 'Say improvements, scenarios or rules.')
}

const list: Command = {
  name: 'catalogue list',
  summary: 'Show the shared improvements, what can happen, or the rules',
  arguments: [part],
  options: pagingOptions(MOST_ROWS),
  permission: 'assure.catalogue.view',
  async run({ platform, actor, output }, [typed], options) {
    const asked = pageFrom(options, MOST_ROWS)
    const found = await readAs<Visible, Page<Entry<unknown>>>(platform, actor, db =>
      entriesOf(db, PARTS[partIn(typed)], { search: '', sort: 'name' }, asked),
    )
    output.result(
      found.rows.map(({ at, by: _, ...entry }) => ({ ...entry, at: at.toISOString() })),
      found.rows.map(({ code, name, version }) => `${code.padEnd(22)} ${name} (version ${version})`),
    )
    output.more(found.next)
  },
}

const put: Command = {
  name: 'catalogue put',
  summary: 'Add an entry, or a new version of one, from a file of JSON with "name" and "content"',
  arguments: [part, required('code', 'the entry'), required('file', 'as "catalogue list --json" shows an entry')],
  options: [{ flags: '--reason <words>', meaning: 'why' }],
  permission: 'assure.catalogue.change',
  async run({ platform, actor, output }, [typed, code = '', file = ''], options) {
    const kind = PARTS[partIn(typed)]
    const entry = await jsonFrom(file)
    const name = memberOf(entry, 'name')
    if (typeof name !== 'string' || name.trim() === '') throw new Invalid('assure.catalogue.file', 'The file names no "name".')
    const reason = typeof options['reason'] === 'string' ? options['reason'] : ''
    const version = await runWork<Visible, number>(platform, actor, async work => {
      const standing = await entryOf(work.db, kind, code).catch(() => null)
      return putEntry(work, { kind, code, seen: standing?.version ?? null, name, content: memberOf(entry, 'content'), reason })
    })
    output.result({ code, version }, [`${code} is version ${version}.`])
  },
}

export const catalogueCommands: readonly Command[] = [list, put]
