import { BulletinContent } from '../../src/domains/broadcast/bulletins/model.ts'
import { messageIdOf } from '../../src/domains/broadcast/deliveries/model.ts'
import type { Visible as BroadcastVisible } from '../../src/domains/broadcast/tables.ts'
import type { DirectoryTables } from '../../src/domains/directory/tables.ts'
import type { Id } from '../../src/kernel/id.ts'
import type { Tlp } from '../../src/kernel/tlp.ts'
import { SYSTEM } from '../../src/platform/work/actor.ts'
import { runWork, type WorkPlatform } from '../../src/platform/work/work.ts'

type Everything = BroadcastVisible & DirectoryTables

export interface ReleasedBulletin {
  readonly bulletinId: string
  readonly number: number
  readonly releaseId: string
  readonly mailingId: string
  readonly organisationIds: readonly Id<'organisation'>[]
  readonly contactIds: readonly Id<'contact'>[]
  readonly deliveryIds: readonly Id<'delivery'>[]
}

export interface ReleasedBulletinOptions {
  readonly organisations: number
  /** Contacts of each organisation; the organisations after `reachable` have none. */
  readonly contacts?: number
  readonly reachable?: number
  readonly tlp?: Tlp
  readonly title?: string
  readonly isExercise?: boolean
  readonly respondBy?: string
  /** The first part of the addresses, so that a test's server can tell them apart. */
  readonly mailbox?: (organisation: number, contact: number) => string
  /** Told apart from the organisations of other calls. */
  readonly prefix?: string
  readonly content?: Partial<BulletinContent>
}

const TYPES = ['trust', 'practice', 'pharmacy'] as const
const REGIONS = ['Y61', 'Y63'] as const
const BOARDS = ['QHM', 'QOP', 'QYG'] as const

/** A bulletin as it stands right after its release, with invented organisations and contacts. Rows only: no job is asked for. */
export async function releasedBulletin(platform: WorkPlatform, options: ReleasedBulletinOptions): Promise<ReleasedBulletin> {
  const { organisations: count, contacts = 1, reachable = count, prefix = 'T' } = options
  const content = BulletinContent.parse({
    title: options.title ?? 'A flaw in a records system',
    severity: 'high',
    tlp: options.tlp ?? 'GREEN',
    shortSummary: 'An invented maker has mended a flaw.',
    summary: 'The flaw lets **anybody** read records.',
    steps: [{ type: 'Patch', text: 'Install version 2.', link: 'https://maker.example/2' }],
    confidence: 'confirmed',
    ...options.content,
  })
  return runWork<Everything, ReleasedBulletin>(platform, SYSTEM, async work => {
    const { db, now } = work
    await db
      .insertInto('directory_organisation_type')
      .values(TYPES.map((code, position) => ({ code, name: code, plural: `${code}s`, position })))
      .onConflict(conflict => conflict.doNothing())
      .execute()
    const indexes = Array.from({ length: count }, (_, index) => index)
    const organisations = indexes.map(index => ({ id: work.newId('organisation'), code: `${prefix}${String(index).padStart(5, '0')}`, index }))
    const contactRows = organisations.slice(0, reachable).flatMap(({ id, code, index }) =>
      Array.from({ length: contacts }, (_, contact) => ({
        id: work.newId('contact'),
        deliveryId: work.newId('delivery'),
        organisationId: id,
        name: `Contact ${contact} of ${code}`,
        address: `${options.mailbox?.(index, contact) ?? `desk${contact}`}@${code.toLowerCase()}.example`,
      })),
    )
    await inChunks(organisations, part =>
      db
        .insertInto('directory_organisation')
        .values(
          part.map(({ id, code, index }) => ({
            id,
            code,
            name: `Organisation ${code} & Sons`,
            name_key: `organisation ${code.toLowerCase()}`,
            type: TYPES[index % TYPES.length] ?? 'trust',
            region_code: REGIONS[index % REGIONS.length] ?? null,
            board_code: BOARDS[index % BOARDS.length] ?? null,
            parent_code: null,
            address: '[]',
            postcode: null,
            phone: null,
            opened_on: null,
            closed_on: null,
            status: 'open' as const,
            size: null,
            country: 'England',
            source: 'test',
            created_at: now,
            updated_at: now,
          })),
        )
        .execute(),
    )
    await inChunks(contactRows, part =>
      db
        .insertInto('directory_contact')
        .values(
          part.map(row => ({
            id: row.id,
            organisation_id: row.organisationId,
            person_id: null,
            name: row.name,
            purpose: 'Cyber lead',
            email: row.address,
            mobile: null,
            phone: null,
            last_proved_at: null,
            last_failed_at: null,
            last_failure: null,
            created_at: now,
            ended_at: null,
          })),
        )
        .execute(),
    )
    const bulletinId = work.newId('bulletin')
    const releaseId = work.newId('release')
    const respondBy = options.respondBy === undefined ? new Date(now.getTime() + 48 * 3_600_000) : new Date(options.respondBy)
    const { number } = await db
      .insertInto('broadcast_bulletin')
      .values({
        id: bulletinId,
        threat_id: null,
        state: 'released',
        version: 1,
        approved_version: 1,
        author_id: work.newId('person'),
        title: content.title,
        severity: content.severity,
        tlp: content.tlp,
        respond_by: respondBy,
        created_at: now,
        updated_at: now,
        released_at: now,
        withdrawn_at: null,
        withdrawn_reason: null,
        is_exercise: options.isExercise ?? false,
      })
      .returning('number')
      .executeTakeFirstOrThrow()
    await db
      .insertInto('broadcast_version')
      .values({ bulletin_id: bulletinId, version: 1, content: JSON.stringify(content), content_hash: 'test', saved_by: 'test', saved_at: now })
      .execute()
    await db
      .insertInto('broadcast_release')
      .values({
        id: releaseId,
        bulletin_id: bulletinId,
        version: 1,
        released_by: 'test',
        released_at: now,
        rule: '{}',
        audience_hash: 'test',
        organisations: count,
        contacts: contactRows.length,
        unreachable: count - reachable,
      })
      .execute()
    const mailingId = work.newId('mailing')
    await db
      .insertInto('broadcast_mailing')
      .values({
        id: mailingId,
        bulletin_id: bulletinId,
        release_id: releaseId,
        kind: 'release',
        version: 1,
        deliveries: contactRows.length,
        made_by: 'test',
        made_at: now,
      })
      .execute()
    await inChunks(organisations, part =>
      db
        .insertInto('broadcast_recipient')
        .values(
          part.map(({ id, index }) => ({
            bulletin_id: bulletinId,
            organisation_id: id,
            release_id: releaseId,
            type: TYPES[index % TYPES.length] ?? null,
            region_code: REGIONS[index % REGIONS.length] ?? null,
            board_code: BOARDS[index % BOARDS.length] ?? null,
            looked_after_by: REGIONS[index % REGIONS.length] ?? null,
            is_reachable: index < reachable,
          })),
        )
        .execute(),
    )
    await inChunks(contactRows, part =>
      db
        .insertInto('broadcast_delivery')
        .values(
          part.map(row => ({
            id: row.deliveryId,
            mailing_id: mailingId,
            bulletin_id: bulletinId,
            organisation_id: row.organisationId,
            contact_id: row.id,
            channel: 'email',
            address: row.address,
            state: 'queued' as const,
            queued_at: now,
            message_id: messageIdOf(row.deliveryId, 'http://localhost:8080'),
          })),
        )
        .execute(),
    )
    work.record({ verb: 'test.bulletin.released', subject: { kind: 'bulletin', id: bulletinId } })
    return {
      bulletinId,
      number,
      releaseId,
      mailingId,
      organisationIds: organisations.map(({ id }) => id),
      contactIds: contactRows.map(({ id }) => id),
      deliveryIds: contactRows.map(({ deliveryId }) => deliveryId),
    }
  })
}

async function inChunks<T>(rows: readonly T[], write: (part: readonly T[]) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < rows.length; start += 1_000) await write(rows.slice(start, start + 1_000))
}
