import { chaseBulletin } from '../../domains/broadcast/chase/commands.ts'
import { chasedBulletins, chasePolicies, type Chased } from '../../domains/broadcast/chase/queries.ts'
import { scheduleRelease } from '../../domains/broadcast/release/schedule/commands.ts'
import { offeredTime, readReleaseAt } from '../../domains/broadcast/release/schedule/model.ts'
import { holdNext, recordCall } from '../../domains/broadcast/responses/telephone/commands.ts'
import { addService, sayOfService } from '../../domains/broadcast/services/commands.ts'
import type { ServiceState } from '../../domains/broadcast/services/model.ts'
import type { Visible } from '../../domains/broadcast/tables.ts'
import type { Id } from '../../kernel/id.ts'
import { addHours, type Instant } from '../../kernel/instant.ts'
import type { Platform } from '../../platform/platform.ts'
import { SYSTEM, type Actor } from '../../platform/work/actor.ts'
import { readAs } from '../../platform/work/read.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import type { SampleStaff } from './people.ts'

/** What the duty desk of the sample did: it said what is safe to use, rang some of the silent, and let one bulletin wait for its time. */
export async function keepDesk(platform: Platform, staff: SampleStaff): Promise<void> {
  const now = platform.clock.now()
  const as = <R>(actor: Actor, hoursAgo: number, body: (work: Work<Visible>) => Promise<R>) =>
    runWork({ ...platform, clock: { now: () => addHours(now, -hoursAgo) } }, actor, body)
  for (const { name, purpose, said } of SERVICES) {
    const code = await as(staff.dutyManager, 200, work => addService(work, { name, purpose }))
    for (const { hoursAgo, state, words, moreBy } of said)
      await as(staff.dutyManager, hoursAgo, work => sayOfService(work, { code, state, words, moreBy, bulletin: null }))
  }
  await ringSome(platform, staff.dutyManager)
  await letOneWait(platform, staff.dutyManager, now)
}

interface SampleService {
  readonly name: string
  readonly purpose: string
  readonly said: readonly { readonly hoursAgo: number; readonly state: ServiceState; readonly words: string; readonly moreBy: number | null }[]
}

const SERVICES: readonly SampleService[] = [
  {
    name: 'Sector mail (invented)',
    purpose: 'The mail that everybody in the sample sector uses',
    said: [
      { hoursAgo: 30, state: 'take-care', words: 'Messages from outside are late. Do not open attachments that you do not expect.', moreBy: 4 },
      {
        hoursAgo: 26,
        state: 'stay-connected',
        words: 'Mail works and is safe. Do not cut yourself off from it: you would miss what we tell you.',
        moreBy: null,
      },
    ],
  },
  {
    name: 'Records exchange (invented)',
    purpose: 'Where the records of patients are looked up',
    said: [{ hoursAgo: 25, state: 'safe', words: 'Nothing of what we know concerns it.', moreBy: null }],
  },
  { name: 'Prescriptions (invented)', purpose: 'Sends prescriptions to pharmacies', said: [] },
]

/** The steps that the policies would have taken about the silent on that bulletin, each at its time. Gives the mailings that carry them. */
export async function chaseSilent(platform: Platform, bulletinId: string, releasedAt: Instant): Promise<readonly string[]> {
  const before = await mailingsOf(platform, bulletinId)
  const now = platform.clock.now()
  for (const hours of CHASED_AFTER_HOURS) {
    const at = { ...platform, clock: { now: () => addHours(releasedAt, hours) } }
    if (at.clock.now() > now) break
    const { bulletins, policies } = await readAs<Visible, { bulletins: readonly Chased[]; policies: Awaited<ReturnType<typeof chasePolicies>> }>(
      at,
      SYSTEM,
      async db => ({
        bulletins: await chasedBulletins(db, at.clock.now()),
        policies: await chasePolicies(db),
      }),
    )
    const bulletin = bulletins.find(({ id }) => id === bulletinId)
    if (bulletin !== undefined) await runWork<Visible, number>(at, SYSTEM, work => chaseBulletin(work, bulletin, policies, platform.config.baseUrl))
  }
  return (await mailingsOf(platform, bulletinId)).filter(id => !before.includes(id))
}

/** Just after each step of the policies that CareCERT comes with. */
const CHASED_AFTER_HOURS = [4.1, 12.1, 24.1, 36.1, 44.1, 60] as const

async function mailingsOf(platform: Platform, bulletinId: string): Promise<readonly string[]> {
  const rows = await readAs<Visible, { id: string }[]>(platform, SYSTEM, db =>
    db.selectFrom('broadcast_mailing').where('bulletin_id', '=', bulletinId).orderBy('id').select('id').execute(),
  )
  return rows.map(({ id }) => id)
}

const CALLS = [
  { outcome: 'message-left', spokeTo: 'The switchboard', note: 'They pass it on to whoever is on call.' },
  { outcome: 'no-reply', spokeTo: null, note: null },
  { outcome: 'will-answer', spokeTo: 'The service desk', note: 'They look at it this afternoon.' },
] as const

async function ringSome(platform: Platform, caller: Actor): Promise<void> {
  const newest = await readAs<Visible, { number: number } | undefined>(platform, SYSTEM, db =>
    db
      .selectFrom('broadcast_bulletin')
      .where('state', '=', 'released')
      .where('severity', '=', 'high')
      .where('is_exercise', '=', false)
      // Long enough ago for its silent to stand on the telephone list.
      .where('released_at', '<', addHours(platform.clock.now(), -24))
      .orderBy('released_at', 'desc')
      .select('number')
      .executeTakeFirst(),
  )
  if (newest === undefined) return
  for (const { outcome, spokeTo, note } of CALLS) {
    await runWork<Visible, void>(platform, caller, async work => {
      const code = await holdNext(work, newest.number)
      const organisation = await work.db
        .selectFrom('directory_organisation')
        .where('code', '=', code ?? '')
        .select('id')
        .executeTakeFirst()
      if (organisation === undefined) return
      await recordCall(work, {
        number: newest.number,
        organisationId: organisation.id as Id<'organisation'>,
        contactId: null,
        outcome,
        spokeTo,
        note,
        callAgainHours: null,
        answer: null,
      })
    })
  }
}

async function letOneWait(platform: Platform, manager: Actor, now: Instant): Promise<void> {
  const approved = await readAs<Visible, { number: number; version: number } | undefined>(platform, SYSTEM, db =>
    db.selectFrom('broadcast_bulletin').where('state', '=', 'approved').orderBy('number').select(['number', 'version']).executeTakeFirst(),
  )
  const { day, time } = offeredTime(addHours(now, 24), new Map())
  const releaseAt = readReleaseAt(day, time)
  if (approved === undefined || releaseAt === undefined) return
  await runWork<Visible, void>(platform, manager, work => scheduleRelease(work, { ...approved, releaseAt }))
}
