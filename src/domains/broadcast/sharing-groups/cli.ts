import { Invalid } from '../../../kernel/errors.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { pageFrom, pagingOptions } from '../../../platform/cli/paging.ts'
import { asList, readForm } from '../../../platform/forms/form.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { addMembers, addSharingGroup, endSharingGroup, removeMember } from './commands.ts'
import { groupForm, membersForm } from './fields.ts'
import { membershipsOf, sharingGroup, sharingGroups, type SharingGroup } from './queries.ts'
import type { GroupPage } from './views.ts'

const group = required('id', 'the UUID of the group, as "sharing-groups list" shows it')
const MOST_ROWS = 500

const list: Command = {
  name: 'sharing-groups list',
  summary: 'Show the sharing groups',
  arguments: [],
  options: [{ flags: '--ended', meaning: 'those that have been ended too' }],
  permission: 'broadcast.sharing-group.view',
  async run({ platform, actor, output }, _arguments, options) {
    const found = await readAs<Visible, readonly SharingGroup[]>(platform, actor, db =>
      sharingGroups(db, options['ended'] === true ? {} : { ended: false }),
    )
    output.result(
      found.map(groupJson),
      found.length === 0
        ? ['No sharing groups yet. Make one with "sharing-groups add NAME --purpose WORDS".']
        : found.map(one => `${one.id}  ${one.name}  ${members(one)}${one.endedAt === null ? '' : '  ended'}`),
    )
  },
}

const show: Command = {
  name: 'sharing-groups show',
  summary: 'Show a sharing group and who belongs to it',
  arguments: [group],
  options: pagingOptions(MOST_ROWS),
  permission: 'broadcast.sharing-group.view',
  async run({ platform, actor, output }, [id = ''], options) {
    const asked = pageFrom(options, MOST_ROWS)
    const shown = await readAs<Visible, GroupPage>(platform, actor, async db => ({
      group: await sharingGroup(db, id.toLowerCase()),
      found: await membershipsOf(db, id.toLowerCase(), { search: '', state: '' }, asked),
    }))
    const { rows, next } = shown.found
    output.result(
      { ...groupJson(shown.group), organisations: rows.map(({ code, name, since }) => ({ code, name, since: since.toISOString() })), next },
      [
        `${shown.group.name}, ${members(shown.group)}${shown.group.endedAt === null ? '' : ', ended'}`,
        shown.group.purpose,
        ...rows.map(({ code, name }) => `  ${code.padEnd(10)} ${name}`),
        ...(next === null ? [] : [`More: --cursor ${next}`]),
      ],
    )
  },
}

const add: Command = {
  name: 'sharing-groups add',
  summary: 'Make a sharing group, and print its UUID',
  arguments: [required('name', 'what it is called; it cannot be changed')],
  options: [
    { flags: '--purpose <words>', meaning: 'what it is for' },
    { flags: '--uuid <uuid>', meaning: 'the version 4 UUID by which others know the group already' },
  ],
  permission: 'broadcast.sharing-group.set',
  async run({ platform, actor, output }, [name = ''], options) {
    const form = readForm(groupForm, { name, purpose: options['purpose'], id: options['uuid'] ?? '' })
    if (!form.ok) throw new Invalid('broadcast.sharing-group.refused', form.problems.map(({ message }) => `${message}.`).join(' '))
    const id = await runWork<Visible, string>(platform, actor, work => addSharingGroup(work, form.value))
    output.result({ id, name: form.value.name }, [`${form.value.name} is made: ${id}`, 'It has no members yet, so what is for it reaches nobody.'])
  },
}

const change: Command = {
  name: 'sharing-groups members',
  summary: 'Let organisations join a sharing group, or leave it',
  arguments: [group],
  options: [
    { flags: '--add <code>', meaning: 'an organisation that joins; may be given more than once', repeats: true },
    { flags: '--remove <code>', meaning: 'an organisation that leaves; may be given more than once', repeats: true },
    { flags: '--reason <words>', meaning: 'why those leave' },
  ],
  permission: 'broadcast.sharing-group.set',
  async run({ platform, actor, output }, [id = ''], options) {
    const [joining, leaving] = [asList(options['add']), asList(options['remove'])]
    if (joining.length + leaving.length === 0)
      throw new Invalid('broadcast.sharing-group.whom', 'Say who joins or leaves: --add CODE or --remove CODE, once for each organisation.')
    const reason = typeof options['reason'] === 'string' ? options['reason'] : ''
    const groupId = id.toLowerCase()
    // All of it or nothing, so that the command can be run again when one code is wrong.
    const after = await runWork<Visible, SharingGroup>(platform, actor, async work => {
      for (const code of leaving) await removeMember(work, { groupId, code, reason })
      if (joining.length > 0) {
        const form = readForm(membersForm, { codes: joining.join('\n') })
        if (!form.ok) throw new Invalid('broadcast.sharing-group.refused', form.problems.map(({ message }) => `${message}.`).join(' '))
        await addMembers(work, { groupId, codes: form.value.codes })
      }
      return sharingGroup(work.db, groupId)
    })
    output.result({ id: groupId, added: joining.length, removed: leaving.length, members: after.members }, [
      `${after.name}: ${joining.length} joined, ${leaving.length} left, ${members(after)} now.`,
    ])
  },
}

const end: Command = {
  name: 'sharing-groups end',
  summary: 'End a sharing group for good: drafts for it reach nobody',
  arguments: [group],
  options: [{ flags: '--reason <words>', meaning: 'why' }],
  permission: 'broadcast.sharing-group.set',
  async run({ platform, actor, output }, [id = ''], options) {
    const reason = typeof options['reason'] === 'string' ? options['reason'] : ''
    const { name } = await readAs<Visible, SharingGroup>(platform, actor, db => sharingGroup(db, id.toLowerCase()))
    if (!(await output.confirm(`End ${name} for good?`)))
      throw new Invalid('broadcast.sharing-group.not-confirmed', 'Nothing was ended. Answer yes, or give --yes.')
    await runWork<Visible, void>(platform, actor, work => endSharingGroup(work, { groupId: id.toLowerCase(), reason }))
    output.result({ id: id.toLowerCase(), ended: true }, ['The group is ended. What was released for it stays with those who got it.'])
  },
}

export const sharingGroupCommands: readonly Command[] = [list, show, add, change, end]

function members({ members: count }: SharingGroup): string {
  return count === 1 ? '1 member' : `${count.toLocaleString('en-GB')} members`
}

function groupJson({ id, name, purpose, members: count, madeAt, endedAt }: SharingGroup) {
  return { id, name, purpose, members: count, madeAt: madeAt.toISOString(), endedAt: endedAt?.toISOString() ?? null }
}
