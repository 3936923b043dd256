import { Conflict, Forbidden, Invalid, NotFound } from '../../../kernel/errors.ts'
import { cleanText } from '../../../kernel/text.ts'
import { chunks } from '../../../platform/db/chunks.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { organisationByCode } from '../../directory/contract.ts'
import type { Visible } from '../tables.ts'
import type { Sighting } from './model.ts'
import { heldSightings, isSightingWriter } from './queries.ts'

/** Takes sightings of an organisation from now on. Throws `NotFound` for a code of none, `Invalid` without a reason, `Conflict` when they are taken already. */
export async function trustWriter(work: Work<Visible>, input: { readonly code: string; readonly reason: string }): Promise<void> {
  assertMay(work.actor, 'watch.sighting.trust')
  const { organisation, reason } = await readTrust(work, input)
  if (await isSightingWriter(work.db, organisation.id))
    throw new Conflict('watch.sighting.trusted', `Sightings of ${organisation.name} are taken already.`)
  await work.db
    .insertInto('watch_sighting_writer')
    .values({ organisation_id: organisation.id, since: work.now, by_id: work.actor.id, reason })
    .execute()
  work.record({ verb: 'watch.sighting.trusted', subject: { kind: 'organisation', id: organisation.id }, organisationId: organisation.id, reason })
}

/** Takes no sightings of an organisation any more. What it told stays. Throws as `trustWriter`, and `Conflict` when none are taken. */
export async function endTrust(work: Work<Visible>, input: { readonly code: string; readonly reason: string }): Promise<void> {
  assertMay(work.actor, 'watch.sighting.trust')
  const { organisation, reason } = await readTrust(work, input)
  const { numDeletedRows } = await work.db
    .deleteFrom('watch_sighting_writer')
    .where('organisation_id', '=', organisation.id)
    .executeTakeFirstOrThrow()
  if (numDeletedRows === 0n) throw new Conflict('watch.sighting.not-trusted', `Sightings of ${organisation.name} are not taken.`)
  work.record({ verb: 'watch.sighting.trust-ended', subject: { kind: 'organisation', id: organisation.id }, organisationId: organisation.id, reason })
}

async function readTrust(work: Work<Visible>, input: { readonly code: string; readonly reason: string }) {
  const code = input.code.trim().toUpperCase()
  if (code === '') throw new Invalid('watch.sighting.code', 'Enter the ODS code of the organisation.')
  const organisation = await organisationByCode(work.db, code)
  if (organisation === undefined)
    throw new NotFound('watch.sighting.organisation', 'There is no organisation with that code. Look it up in the directory.')
  const reason = cleanText(input.reason)
  if (reason === '') throw new Invalid('watch.sighting.reason', 'Say why, so that the next person understands.')
  return { organisation, reason }
}

/** Throws `Forbidden` unless the actor may tell sightings, for an organisation that the centre takes them from. */
async function assertSightingWriter(work: Work<Visible>): Promise<string> {
  assertMay(work.actor, 'watch.sighting.write')
  const { organisationId } = work.actor
  if (organisationId === null || !(await isSightingWriter(work.db, organisationId)))
    throw new Forbidden('watch.sighting.untrusted', 'The centre does not take sightings of your organisation. Ask a duty manager at the centre.')
  return organisationId
}

/**
 * Keeps what an organisation saw. Told again, the later `modified` counts and an earlier one changes nothing, so that a tool may send all it has each
 * time. Gives of each, in their order, whether it said anything new. Throws `Forbidden` as `assertSightingWriter`.
 */
export async function recordSightings(work: Work<Visible>, sightings: readonly Sighting[]): Promise<readonly boolean[]> {
  const organisationId = await assertSightingWriter(work)
  const held = await heldSightings(
    work.db,
    organisationId,
    sightings.map(({ stixId }) => stixId),
  )
  const newest = new Map([...held].map(([stixId, { modified }]) => [stixId, modified]))
  const kept = new Map<string, Sighting>()
  const areNew = sightings.map(sighting => {
    const before = newest.get(sighting.stixId)
    if (before !== undefined && before >= sighting.modified) return false
    newest.set(sighting.stixId, sighting.modified)
    kept.set(sighting.stixId, sighting)
    return true
  })
  const rows = [...kept.values()].map(sighting => ({
    id: held.get(sighting.stixId)?.id ?? work.newId('sighting'),
    organisation_id: organisationId,
    stix_id: sighting.stixId,
    modified: sighting.modified,
    threat_id: sighting.threatId,
    indicator_type: sighting.indicator?.type ?? null,
    indicator_value: sighting.indicator?.value ?? null,
    count: sighting.count,
    first_seen: sighting.firstSeen,
    last_seen: sighting.lastSeen,
    at: work.now,
    by_id: work.actor.id,
  }))
  for (const some of chunks(rows))
    await work.db
      .insertInto('watch_sighting')
      .values(some)
      .onConflict(conflict =>
        conflict.columns(['organisation_id', 'stix_id']).doUpdateSet(({ ref }) => ({
          modified: ref('excluded.modified'),
          threat_id: ref('excluded.threat_id'),
          indicator_type: ref('excluded.indicator_type'),
          indicator_value: ref('excluded.indicator_value'),
          count: ref('excluded.count'),
          first_seen: ref('excluded.first_seen'),
          last_seen: ref('excluded.last_seen'),
          at: ref('excluded.at'),
          by_id: ref('excluded.by_id'),
        })),
      )
      .execute()
  for (const { id, stix_id: stixId, count, threat_id: threat } of rows)
    work.record({
      verb: held.has(stixId) ? 'watch.sighting.changed' : 'watch.sighting.told',
      subject: { kind: 'sighting', id },
      organisationId,
      change: { stixId, count, threat },
    })
  return areNew
}
