import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import { addHours } from '../../../kernel/instant.ts'
import { digest } from '../../../platform/audit/record.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { serviceCode, type ServiceState } from './model.ts'

/** Puts a service on the page. Throws `Conflict` when one of that name stands there, `Invalid` for a name without letters or digits. */
export async function addService(work: Work<Visible>, input: { readonly name: string; readonly purpose: string }): Promise<string> {
  assertMay(work.actor, 'broadcast.service.manage')
  const code = serviceCode(input.name)
  if (code === '') throw new Invalid('broadcast.service.name', 'Enter a name with letters or digits.')
  const known = await work.db.selectFrom('broadcast_service').where('code', '=', code).select('ended_at').forUpdate().executeTakeFirst()
  if (known !== undefined && known.ended_at === null) throw new Conflict('broadcast.service.known', 'A service of this name is there already.')
  const service = { name: input.name, purpose: input.purpose, added_by: work.actor.id, added_at: work.now, ended_at: null }
  if (known === undefined)
    await work.db
      .insertInto('broadcast_service')
      .values({ code, ...service })
      .execute()
  else await work.db.updateTable('broadcast_service').where('code', '=', code).set(service).execute()
  work.record({ verb: 'broadcast.service.added', subject: { kind: 'service', id: code }, change: { name: input.name } })
  return code
}

/** Takes a service off the page. What was said of it stays on record. */
export async function endService(work: Work<Visible>, input: { readonly code: string; readonly reason: string }): Promise<void> {
  assertMay(work.actor, 'broadcast.service.manage')
  await lockService(work, input.code)
  const reason = input.reason.trim()
  if (reason === '') throw new Invalid('broadcast.service.reason', 'Say why it is taken off the page.')
  await work.db.updateTable('broadcast_service').where('code', '=', input.code).set({ ended_at: work.now }).execute()
  work.record({ verb: 'broadcast.service.ended', subject: { kind: 'service', id: input.code }, reason })
}

export interface Statement {
  readonly code: string
  readonly state: ServiceState
  readonly words: string
  /** In so many hours more is said; `null` promises nothing. */
  readonly moreBy: number | null
  /** The number of the bulletin on which it stands too. */
  readonly bulletin: number | null
}

/**
 * Says something of a service, from now on. On a bulletin that is an exercise it is said within the exercise alone: then `isExercise`. Throws `NotFound` when there
 * is no such service or bulletin.
 */
export async function sayOfService(work: Work<Visible>, input: Statement): Promise<{ readonly isExercise: boolean }> {
  assertMay(work.actor, 'broadcast.service.say')
  await lockService(work, input.code)
  const bulletin = input.bulletin === null ? null : await bulletinFor(work, input.bulletin)
  await work.db
    .insertInto('broadcast_service_statement')
    .values({
      service_code: input.code,
      state: input.state,
      words: input.words,
      more_by: input.moreBy === null ? null : addHours(work.now, input.moreBy),
      bulletin_id: bulletin?.id ?? null,
      is_exercise: bulletin?.is_exercise ?? false,
      at: work.now,
      by_id: work.actor.id,
      by_role: work.actor.role,
    })
    .execute()
  work.record({
    verb: 'broadcast.service.said',
    subject: { kind: 'service', id: input.code },
    change: {
      state: input.state,
      words: digest(input.words),
      moreBy: input.moreBy,
      ...(bulletin === null ? {} : { bulletin: bulletinNumber(bulletin.number), exercise: bulletin.is_exercise }),
    },
  })
  return { isExercise: bulletin?.is_exercise ?? false }
}

async function lockService(work: Work<Visible>, code: string): Promise<void> {
  const found = await work.db
    .selectFrom('broadcast_service')
    .where('code', '=', code)
    .where('ended_at', 'is', null)
    .select('code')
    .forUpdate()
    .executeTakeFirst()
  if (found === undefined) throw new NotFound('broadcast.service.unknown', 'There is no such service on the page. It may have been taken off.')
}

async function bulletinFor(work: Work<Visible>, number: number) {
  const found = await work.db.selectFrom('broadcast_bulletin').where('number', '=', number).select(['id', 'number', 'is_exercise']).executeTakeFirst()
  if (found === undefined)
    throw new Invalid('broadcast.service.bulletin', `There is no bulletin ${bulletinNumber(number)}. Correct it, or leave it empty.`)
  return found
}
