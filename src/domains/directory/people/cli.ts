import { Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import { ALL_ROLES } from '../../../kernel/role.ts'
import { withSystemSight } from '../../../platform/auth/actors.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { pageFrom, pagingOptions } from '../../../platform/cli/paging.ts'
import { readForm } from '../../../platform/forms/form.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { requireOrganisation } from '../organisations/queries.ts'
import { personByEmail } from '../sign-in/queries.ts'
import type { DirectoryTables, SignInTables } from '../tables.ts'
import { addPerson, makeInvitation } from './commands.ts'
import { personForm } from './fields.ts'
import type { PersonRow } from './model.ts'
import { listPeople } from './queries.ts'
import { rolesInWords } from './views.ts'

const add: Command = {
  name: 'people add',
  summary: 'Give somebody a role, and print a one-time link with which they set up sign-in',
  arguments: [required('email', 'their e-mail address')],
  options: [
    { flags: '--name <name>', meaning: 'their name' },
    { flags: '--role <role>', meaning: 'what they do there', choices: ALL_ROLES },
    { flags: '--organisation <code>', meaning: 'where, such as CENTRE' },
    { flags: '--phone <number>', meaning: 'their telephone number' },
  ],
  permission: 'directory.people.manage',
  async run({ platform, actor, output }, [email = ''], options) {
    const form = readForm(personForm, { ...options, email })
    if (!form.ok) throw new Invalid('directory.people.invalid', form.problems.map(problem => problem.message).join(' '))
    const { organisation: code, role, phone, ...who } = form.value
    const organisation = await readAs<DirectoryTables, { id: Parameters<typeof addPerson>[2]['organisationId']; name: string }>(platform, actor, db =>
      requireOrganisation(db, actor.scope, code),
    )
    const made = await runWork<SignInTables, { id: string; path: string | null }>(platform, withSystemSight(actor), async work => {
      const { personId, isNew } = await addPerson(work, { ...who, phone: phone ?? null }, { role, organisationId: organisation.id })
      // Somebody who was here has, or is given, a link of their own: a second one would end it.
      return { id: personId, path: isNew ? await makeInvitation(work, personId) : null }
    })
    const link = made.path === null ? null : platform.config.baseUrl + made.path
    output.result(
      { id: made.id, link },
      link === null ? ['They were here already, and hold that role too now.'] : ['They set up their sign-in here, once, within seven days:', link],
    )
  },
}

const list: Command = {
  name: 'people list',
  summary: 'List the people that you look after, with their roles',
  arguments: [],
  options: [
    { flags: '--role <role>', meaning: 'such as cyber-lead' },
    { flags: '--organisation <code>', meaning: 'such as CENTRE' },
    { flags: '--search <words>', meaning: 'in the name or e-mail address' },
    { flags: '--left', meaning: 'those who have left' },
    ...pagingOptions(),
  ],
  permission: 'directory.people.view',
  async run({ platform, actor, output }, _arguments, options) {
    const text = (name: string) => (typeof options[name] === 'string' ? options[name] : '')
    const filter = {
      search: text('search'),
      role: text('role'),
      organisation: text('organisation'),
      status: options['left'] === true ? 'left' : 'here',
    } as const
    const found = await readAs<DirectoryTables, Page<PersonRow>>(platform, actor, db => listPeople(db, actor.scope, filter, pageFrom(options)))
    const people = found.rows.map(row => ({
      id: row.id,
      name: row.name,
      email: row.email,
      left: row.leftAt,
      roles: row.roles.map(role => ({ role: role.role, organisation: role.organisationCode })),
    }))
    const lines = found.rows.map(row => `${row.name.padEnd(28)} ${row.email.padEnd(44)} ${rolesInWords(row.roles)}`)
    const more = found.next === null ? [] : [`The next: --cursor ${found.next}`]
    output.result({ people, total: found.total, next: found.next }, [...lines, `${found.total.toLocaleString('en-GB')} in all.`, ...more])
  },
}

const link: Command = {
  name: 'people link',
  summary: 'Print a one-time link with which somebody sets up sign-in, anew if they must',
  arguments: [required('email', 'their e-mail address')],
  options: [],
  permission: 'directory.people.manage',
  async run({ platform, actor, output }, [email = '']) {
    const path = await runWork<SignInTables, string>(platform, withSystemSight(actor), async work => {
      const person = await personByEmail(work.db, email)
      if (person === null) throw new NotFound('directory.person.unknown', 'Nobody here has that e-mail address. See "carecert people list".')
      return makeInvitation(work, person.id)
    })
    const address = platform.config.baseUrl + path
    output.result({ link: address }, [
      'The link works once, within seven days. Be sure whom you give it to: whoever opens it becomes that person.',
      address,
    ])
  },
}

export const PEOPLE_COMMANDS: readonly Command[] = [add, list, link]
