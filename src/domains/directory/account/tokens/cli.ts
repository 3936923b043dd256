import { Invalid } from '../../../../kernel/errors.ts'
import { parseId } from '../../../../kernel/id.ts'
import type { Page } from '../../../../kernel/page.ts'
import { withSystemSight } from '../../../../platform/auth/actors.ts'
import { required, type Command } from '../../../../platform/cli/command.ts'
import { pageFrom, pagingOptions } from '../../../../platform/cli/paging.ts'
import { may } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork } from '../../../../platform/work/work.ts'
import type { SignInTables } from '../../tables.ts'
import { makeToken, revokeToken, type MadeToken } from './commands.ts'
import { scopesOf, works, type TokenRow } from './model.ts'
import { listTokens } from './queries.ts'

const list: Command = {
  name: 'tokens list',
  summary: 'List tokens of programs: with --as those of that person, without it everybody’s',
  arguments: [],
  options: [{ flags: '--all', meaning: 'those too that have ended or were revoked' }, ...pagingOptions()],
  permission: null,
  async run({ platform, actor, output }, _arguments, options) {
    const now = platform.clock.now()
    const asked = pageFrom(options)
    const personId = may(actor, 'directory.token.manage') && actor.through === undefined ? null : actor.id
    const filter = { personId, search: '', only: options['all'] === true ? 'all' : 'working' } as const
    const found = await readAs<SignInTables, Page<TokenRow>>(platform, withSystemSight(actor), db => listTokens(db, filter, asked, now))
    const tokens = found.rows.map(({ isHeld: _, ...row }, at) => ({ ...row, works: works(found.rows[at] ?? { ...row, isHeld: false }, now) }))
    const lines = tokens.map(
      row => `${row.id} ${row.name.padEnd(32)} ${row.person.padEnd(28)} ${row.works ? `until ${row.expiresAt.toISOString().slice(0, 10)}` : 'ended'}`,
    )
    const more = found.next === null ? [] : [`The next: --cursor ${found.next}`]
    output.result({ tokens, total: found.total, next: found.next }, [...lines, `${found.total.toLocaleString('en-GB')} in all.`, ...more])
  },
}

const make: Command = {
  name: 'tokens make',
  summary: 'Make a token for a program that acts as the person of --as, and print it this once',
  arguments: [required('name', 'which program holds it, and where')],
  options: [
    { flags: '--scope <permission>', meaning: 'a permission that it may use', repeats: true },
    { flags: '--read-only', meaning: 'all that the person sees, and no change' },
    { flags: '--everything', meaning: 'all that the person may do in this role' },
    { flags: '--days <number>', meaning: 'how long it works (90)' },
  ],
  permission: null,
  async run({ platform, actor, output }, [name = ''], options) {
    if (actor.kind !== 'person') throw new Invalid('directory.token.as', 'Say whom the program acts as: --as EMAIL.')
    const scopes = [options['scope'] ?? []].flat().map(String)
    const ways = [scopes.length > 0, options['readOnly'] === true, options['everything'] === true].filter(Boolean).length
    if (ways !== 1)
      throw new Invalid('directory.token.choice', 'Say what it may do: --read-only, --everything, or --scope PERMISSION as often as needed.')
    const unknown = scopes.find(scope => !may(actor, scope))
    if (unknown !== undefined) throw new Invalid('directory.token.beyond', `The role does not include ${unknown}. See docs/generated/permissions.md.`)
    const bundle = options['readOnly'] === true ? 'read' : options['everything'] === true ? 'everything' : 'chosen'
    if (name.trim() === '' || name.length > 60) throw new Invalid('directory.token.name', 'The name must have 1 to 60 characters.')
    const made = await runWork<SignInTables, MadeToken>(platform, withSystemSight(actor), work =>
      makeToken(work, { name: name.trim(), scopes: scopesOf(bundle, scopes, actor.permissions), days: Number(options['days'] ?? 90) }),
    )
    output.result({ id: made.id, token: made.token, expiresAt: made.expiresAt }, [
      `It works until ${made.expiresAt.toISOString().slice(0, 10)} and is shown this once:`,
      made.token,
    ])
  },
}

const revoke: Command = {
  name: 'tokens revoke',
  summary: 'Revoke a token: whatever holds it is turned away from now on',
  arguments: [required('id', 'the token’s id, such as tok_…; see "carecert tokens list"')],
  options: [],
  permission: null,
  async run({ platform, actor, output }, [id = '']) {
    if (parseId('token', id) === undefined)
      throw new Invalid('directory.token.id', 'That is not the id of a token. It begins with tok_; see "carecert tokens list".')
    await runWork<SignInTables, void>(platform, withSystemSight(actor), work => revokeToken(work, id))
    output.result({ id, revoked: true }, ['The token was revoked.'])
  },
}

export const TOKEN_COMMANDS: readonly Command[] = [list, make, revoke]
