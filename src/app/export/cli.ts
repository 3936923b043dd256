import { MIGRATIONS } from '../../../migrations/index.ts'
import { required, type Command } from '../../platform/cli/command.ts'
import { FORMS } from './forms.ts'
import { writeExport } from './write.ts'

const exportAll: Command = {
  name: 'export all',
  summary: 'write the whole of what you may see into a folder, in open formats',
  arguments: [required('dir', 'a new folder; what is in it is as private as the database')],
  options: [],
  permission: null,
  async run({ platform, actor, output }, [folder = '']) {
    const progress = output.progress('Rows', 0)
    try {
      const { tables, isWhole, leftOut } = await writeExport(platform, {
        folder,
        actor,
        migrations: Object.keys(MIGRATIONS),
        also: FORMS,
        onProgress: rows => progress.update(rows),
      })
      const rows = tables.reduce((sum, table) => sum + table.rows, 0)
      const forms = FORMS.map(({ name }) => name)
      output.result({ folder, rows, tables: tables.length, isWhole, forms, leftOut }, [
        `Wrote ${rows.toLocaleString('en-GB')} rows of ${tables.length} tables to ${folder}${forms.length === 0 ? '' : `, and the same as ${forms.join(', ')}`}.`,
        isWhole
          ? 'Passwords, passkeys and tokens stay behind. "carecert import" loads it into an empty installation, where people sign in anew.'
          : `It holds what ${actor.name} may see, and cannot be imported.`,
      ])
    } finally {
      progress.stop()
    }
  },
}

export const exportCommands: readonly Command[] = [exportAll]
