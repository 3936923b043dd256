import { basename, extname } from 'node:path'
import { Invalid } from '../../../kernel/errors.ts'
import { londonDate, parseLocalDate } from '../../../kernel/instant.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { readFileLimited } from '../../../platform/fetch/fetch.ts'
import { runWork } from '../../../platform/work/work.ts'
import { assertSomeTaken, describeCounts } from '../organisations/model.ts'
import type { DirectoryTables } from '../tables.ts'
import { importTechnology } from './commands.ts'
import { readTechnologyFile, TECHNOLOGY_FORMATS } from './read-file.ts'

const PROBLEMS_SHOWN = 20

const importCommand: Command = {
  name: 'technology import',
  summary: 'Take in a list of what organisations run; the next list of the same name replaces it',
  arguments: [required('file', 'the list, as CSV or CycloneDX JSON')],
  options: [
    { flags: '--format <format>', meaning: 'csv when left out, cyclonedx for a file that ends in .json', choices: TECHNOLOGY_FORMATS },
    {
      flags: '--map <mapping>',
      meaning: 'which columns hold what, such as organisation=ODSCode,product=Supplier, or a name such as gp-system-supplier',
    },
    { flags: '--organisation <code>', meaning: 'whose the list is, where it does not say' },
    { flags: '--source <name>', meaning: 'the name of the list (otherwise the name of the file)' },
    { flags: '--as-of <date>', meaning: 'the day for which it is true, such as 2026-01-31 (otherwise today)' },
    { flags: '--private', meaning: 'keep what is new to your organisation: do not share it with the centre' },
  ],
  permission: 'directory.technology.import',
  async run({ platform, actor, output }, [path = ''], options) {
    const text = (name: string) => (typeof options[name] === 'string' ? options[name] : null)
    const extension = extname(path)
    const format = TECHNOLOGY_FORMATS.find(known => known === (text('format') ?? (extension.toLowerCase() === '.json' ? 'cyclonedx' : 'csv')))
    if (format === undefined) throw new Invalid('directory.technology.format', `The format must be ${TECHNOLOGY_FORMATS.join(' or ')}.`)
    const asOf = parseLocalDate(text('asOf') ?? londonDate(platform.clock.now()))
    if (asOf === undefined) throw new Invalid('directory.technology.as-of', 'Give the day as 2026-01-31.')
    const name = basename(path)
    const file = readTechnologyFile(await readFileLimited(path), name, {
      format,
      asOf,
      mapping: text('map'),
      organisationCode: text('organisation'),
      source: text('source') ?? basename(path, extension),
      shared: options['private'] !== true,
    })
    output.say(`${name}: ${file.label}`)
    for (const warning of file.warnings) output.say(`  ${warning.message}`)
    const { counts, problems } = await runWork<DirectoryTables, Awaited<ReturnType<typeof importTechnology>>>(platform, actor, work =>
      importTechnology(work, file.import),
    )
    for (const problem of problems.slice(0, PROBLEMS_SHOWN)) output.say(`  ${problem.message}`)
    if (problems.length > PROBLEMS_SHOWN) output.say(`  and ${problems.length - PROBLEMS_SHOWN} more.`)
    output.result(counts, [describeCounts(counts)])
    assertSomeTaken(counts, name)
  },
}

export const TECHNOLOGY_COMMANDS: readonly Command[] = [importCommand]
