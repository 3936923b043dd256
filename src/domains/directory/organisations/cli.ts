import { Invalid, NotFound } from '../../../kernel/errors.ts'
import { parseLocalDate } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import { many, required, type Command } from '../../../platform/cli/command.ts'
import { pageFrom, pagingOptions } from '../../../platform/cli/paging.ts'
import { readFileLimited } from '../../../platform/fetch/fetch.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { contactsOf } from '../contacts/queries.ts'
import { partnersOf } from '../partners/queries.ts'
import type { DirectoryTables } from '../tables.ts'
import { technologySummary } from '../technology/queries.ts'
import { importOrganisations, recordSuccessor } from './commands.ts'
import { addCounts, describeCounts, NOTHING_IMPORTED, type ImportCounts, type OrganisationSummary } from './model.ts'
import { listOrganisations, organisationDetail, successorsOf } from './queries.ts'
import { readOrganisationFile, type ReadOrganisationFile } from './read-file.ts'

const importCommand: Command = {
  name: 'organisations import',
  summary: 'Take in files of the Organisation Data Service: add, rename, move, close',
  arguments: [many('file', 'ODS extracts (27 columns, no header), or lists made from them')],
  options: [],
  permission: 'directory.organisation.import',
  async run({ platform, actor, output }, paths) {
    // Every file is read before any is imported, so that one that is refused leaves nothing half done.
    const files = []
    for (const path of paths) files.push(await readOne(path, paths.length > 1))
    const progress = output.progress(
      'Organisations',
      files.reduce((sum, file) => sum + file.import.rows.length, 0),
    )
    let total = NOTHING_IMPORTED
    const lines: string[] = []
    try {
      for (const file of files) {
        const counts = await runWork<DirectoryTables, ImportCounts>(platform, actor, work => importOrganisations(work, file.import))
        total = addCounts(total, counts)
        progress.update(total.read)
        lines.push(
          `${file.import.source} (${file.label})`,
          `  ${describeCounts(counts)}`,
          ...file.warnings.slice(0, 5).map(warning => `  ${warning.message}`),
        )
      }
    } finally {
      progress.stop()
    }
    output.result(total, files.length > 1 ? [...lines, `All together: ${describeCounts(total)}`] : lines)
  },
}

const listCommand: Command = {
  name: 'organisations list',
  summary: 'List the organisations that you look after',
  arguments: [],
  options: [
    { flags: '--type <type>', meaning: 'such as practice or trust' },
    { flags: '--region <code>', meaning: 'such as Y56' },
    { flags: '--board <code>', meaning: 'such as QMJ' },
    { flags: '--status <status>', meaning: 'open when left out', choices: ['open', 'closed', 'all'] },
    { flags: '--search <words>', meaning: 'in the name, or the start of a code or postcode' },
    ...pagingOptions(),
  ],
  permission: 'directory.organisation.list',
  async run({ platform, actor, output }, _arguments, options) {
    const text = (name: string) => (typeof options[name] === 'string' ? options[name] : '')
    const status = text('status') || 'open'
    if (status !== 'open' && status !== 'closed' && status !== 'all')
      throw new Invalid('directory.organisation.status', 'The status must be open, closed or all.')
    const filter = {
      search: text('search'),
      type: text('type'),
      region: text('region').toUpperCase(),
      board: text('board').toUpperCase(),
      status,
      changedSince: null,
    } as const
    const page = await readAs<DirectoryTables, Page<OrganisationSummary>>(platform, actor, db =>
      listOrganisations(db, actor.scope, filter, 'code', pageFrom(options)),
    )
    const lines = page.rows.map(row => `${row.code.padEnd(10)} ${row.type.padEnd(22)} ${row.status.padEnd(6)} ${row.name}`)
    const more = page.next === null ? [] : [`The next: --cursor ${page.next}`]
    output.result({ organisations: page.rows.map(publicSummary), total: page.total, next: page.next }, [
      ...lines,
      `${page.total.toLocaleString('en-GB')} in all.`,
      ...more,
    ])
  },
}

const showCommand: Command = {
  name: 'organisations show',
  summary: 'Show one organisation: who they are, how to reach them, what they share',
  arguments: [required('code', 'the ODS code')],
  options: [],
  permission: 'directory.organisation.view',
  async run({ platform, actor, output }, [code = '']) {
    const shown = await readAs<DirectoryTables, object | undefined>(platform, actor, async db => {
      const organisation = await organisationDetail(db, actor.scope, code)
      if (organisation === undefined) return undefined
      const contacts = await contactsOf(db, organisation.id)
      const partners = await partnersOf(db, organisation.id)
      const successors = await successorsOf(db, organisation.code)
      const technology = await technologySummary(db, actor.scope, organisation.id)
      const { id: _id, updatedAt: _updatedAt, typeName: _typeName, ...facts } = organisation
      return {
        ...facts,
        contacts: contacts.map(({ id: _contactId, organisationId: _organisationId, ...contact }) => contact),
        partners: partners.map(partner => partner.code),
        successors: successors.filter(successor => successor.direction === 'to').map(successor => successor.code),
        predecessors: successors.filter(successor => successor.direction === 'from').map(successor => successor.code),
        technologyShared: technology.products,
      }
    })
    if (shown === undefined)
      throw new NotFound('directory.organisation.unknown', `No organisation that you look after has the code ${code.slice(0, 20)}.`)
    output.result(
      shown,
      Object.entries(shown).flatMap(([key, value]) => describe(sentence(key), value)),
    )
  },
}

const succeedCommand: Command = {
  name: 'organisations succeed',
  summary: 'Say that one organisation was taken over by another',
  arguments: [required('code', 'the organisation that ended'), required('successor', 'the one that took over')],
  options: [{ flags: '--on <date>', meaning: 'the day, such as 2026-04-01' }],
  permission: 'directory.organisation.import',
  async run({ platform, actor, output }, [from = '', to = ''], options) {
    const on = options['on']
    const effectiveOn = typeof on === 'string' ? parseLocalDate(on) : null
    if (effectiveOn === undefined) throw new Invalid('directory.successor.date', 'Give the day as 2026-04-01.')
    await runWork<DirectoryTables, void>(platform, actor, work => recordSuccessor(work, { from, to, effectiveOn, source: 'operator' }))
    output.result({ from: from.toUpperCase(), to: to.toUpperCase(), effectiveOn }, [`${to.toUpperCase()} took over from ${from.toUpperCase()}.`])
  },
}

/** Reads one of the files. When it is refused, the others are left out too, and the person is told. */
async function readOne(path: string, isOneOfSeveral: boolean): Promise<ReadOrganisationFile> {
  try {
    return readOrganisationFile(await readFileLimited(path), path)
  } catch (error) {
    if (!isOneOfSeveral || !(error instanceof Invalid)) throw error
    throw new Invalid(
      error.code,
      `${error.message}\nThe other files were not imported either. Leave this one out, or put it right, and run the command again.`,
    )
  }
}

function publicSummary({ id: _id, ...summary }: OrganisationSummary) {
  return summary
}

/** One fact in lines for a person: a list of things one below the other. */
function describe(label: string, value: unknown): readonly string[] {
  if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return [`${label}: none`]
  if (typeof value === 'string' || typeof value === 'number') return [`${label}: ${value}`]
  if (!Array.isArray(value)) return []
  if (value.every(part => typeof part === 'string')) return [`${label}: ${value.join(', ')}`]
  const facts = (part: object) =>
    Object.values(part)
      .filter(fact => typeof fact === 'string')
      .join(', ')
  return [`${label}:`, ...value.map(part => `  ${facts(Object(part) as object)}`)]
}

/** `boardCode` as "Board code". */
function sentence(key: string): string {
  const words = key.replaceAll(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export const ORGANISATION_COMMANDS: readonly Command[] = [importCommand, listCommand, showCommand, succeedCommand]
