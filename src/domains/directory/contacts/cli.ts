import { basename } from 'node:path'
import { Invalid } from '../../../kernel/errors.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { readFileLimited } from '../../../platform/fetch/fetch.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { assertSomeTaken, describeCounts } from '../organisations/model.ts'
import { requireOrganisation } from '../organisations/queries.ts'
import type { DirectoryTables } from '../tables.ts'
import { addContact, importContacts } from './commands.ts'
import { contactSchema } from './fields.ts'
import { contactState, type Contact } from './model.ts'
import { contactsOf } from './queries.ts'
import { CONTACT_COLUMNS, readContactList } from './read-file.ts'

const PROBLEMS_SHOWN = 20

const importCommand: Command = {
  name: 'contacts import',
  summary: 'Take in a list of contacts, for the ODS has none',
  arguments: [required('file', `CSV with the columns ${CONTACT_COLUMNS.join(', ')}`)],
  options: [],
  permission: 'directory.contact.import',
  async run({ platform, actor, output }, [path = '']) {
    const name = basename(path)
    const list = readContactList(await readFileLimited(path), name)
    const { counts, problems } = await runWork<DirectoryTables, Awaited<ReturnType<typeof importContacts>>>(platform, actor, work =>
      importContacts(work, { ...list, source: name }),
    )
    for (const problem of problems.slice(0, PROBLEMS_SHOWN)) output.say(problem.message)
    if (problems.length > PROBLEMS_SHOWN) output.say(`and ${problems.length - PROBLEMS_SHOWN} more.`)
    output.result(counts, [describeCounts(counts)])
    assertSomeTaken(counts, name)
  },
}

const listCommand: Command = {
  name: 'contacts list',
  summary: 'List the contacts of an organisation, with when each last worked',
  arguments: [required('code', 'the ODS code of the organisation')],
  options: [],
  permission: 'directory.organisation.view',
  async run({ platform, actor, output }, [code = '']) {
    const contacts = await readAs<DirectoryTables, readonly Contact[]>(platform, actor, async db =>
      contactsOf(db, (await requireOrganisation(db, actor.scope, code)).id),
    )
    const lines = contacts.map(contact =>
      [contact.name, contact.purpose, contact.email ?? contact.mobile ?? contact.phone ?? '', contactState(contact)].join('  '),
    )
    output.result(
      contacts.map(contact => ({ ...contact, state: contactState(contact) })),
      lines.length > 0 ? lines : ['No contacts yet. Add one with "carecert contacts add".'],
    )
  },
}

const addCommand: Command = {
  name: 'contacts add',
  summary: 'Add somebody, or a desk, to reach at an organisation',
  arguments: [required('code', 'the ODS code of the organisation')],
  options: [
    { flags: '--name <name>', meaning: 'who' },
    { flags: '--purpose <purpose>', meaning: 'what to reach them for, such as "Cyber lead"' },
    { flags: '--email <address>', meaning: 'e-mail address' },
    { flags: '--mobile <number>', meaning: 'mobile number' },
    { flags: '--phone <number>', meaning: 'telephone number' },
    { flags: '--out-of-hours', meaning: 'to be used at night and at weekends' },
    { flags: '--no-bulletins', meaning: 'gets no bulletins by e-mail' },
  ],
  permission: 'directory.contact.change',
  async run({ platform, actor, output }, [code = ''], options) {
    const parsed = contactSchema.safeParse({
      ...options,
      outOfHours: options['outOfHours'] === true ? 'yes' : 'no',
      receivesBulletins: options['bulletins'] !== false && typeof options['email'] === 'string' ? 'yes' : 'no',
    })
    if (!parsed.success) throw new Invalid('directory.contact.details', parsed.error.issues.map(issue => issue.message).join('\n'))
    const id = await runWork<DirectoryTables, string>(platform, actor, async work => {
      const organisation = await requireOrganisation(work.db, actor.scope, code)
      return addContact(work, { organisationId: organisation.id, details: parsed.data })
    })
    output.result({ id }, ['Added.'])
  },
}

export const CONTACT_COMMANDS: readonly Command[] = [importCommand, listCommand, addCommand]
