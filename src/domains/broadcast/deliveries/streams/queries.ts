import type { Id } from '../../../../kernel/id.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { StreamReader } from './model.ts'

/** One contact behind an address. */
export interface StreamContact {
  readonly id: Id<'contact'>
  readonly organisationName: string
  /** Whether the stream still comes. */
  readonly isOn: boolean
  /**
   * Whether the reader gets nothing more of the stream. Somebody whose organisation turned bulletins off may still be written to, as a senior, when it
   * leaves one unanswered; who said stop is not.
   */
  readonly isStopped: boolean
  /** Whether the reader stopped it by link, and nobody has decided otherwise since: only that can be taken back by link. */
  readonly isStoppedByLink: boolean
}

/**
 * Everybody who is written to at the reader's address: one person may be the contact of several organisations, and gets one message for all.
 * Empty when the contact has ended or changed its address.
 */
export async function contactsOfReader(db: Reader<Visible>, reader: StreamReader): Promise<readonly StreamContact[]> {
  const { address } = (await addressOf(db, reader)) ?? {}
  if (address === undefined || address === null) return []
  const rows = await db
    .selectFrom('directory_contact as contact')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'contact.organisation_id')
    .leftJoin('broadcast_digest_stop as stop', 'stop.contact_id', 'contact.id')
    // One is open for each contact at most. Whoever sees to it decides who gets bulletins: then the link does no more.
    .leftJoin('directory_contact_repair as repair', join =>
      join
        .onRef('repair.contact_id', '=', 'contact.id')
        .on('repair.closed_at', 'is', null)
        .on('repair.reason', '=', 'unsubscribed')
        .on('repair.had_bulletins', '=', true),
    )
    .where(({ eb, fn }) => eb(fn<string>('lower', ['contact.email']), '=', address.toLowerCase()))
    .where('contact.ended_at', 'is', null)
    .orderBy('organisation.name')
    .orderBy('contact.id')
    .select(['contact.id', 'organisation.name', 'contact.receives_bulletins', 'stop.at as stoppedAt', 'repair.id as repairId'])
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom('directory_contact_repair as said')
          .whereRef('said.contact_id', '=', 'contact.id')
          .where('said.reason', 'in', ['unsubscribed', 'complained'])
          .where('said.outcome', 'is distinct from', 'undone')
          .select('said.id'),
      )
        .$castTo<boolean>()
        .as('hasSaidStop'),
    )
    .execute()
  return rows.map(row => {
    const isOn = reader.stream === 'bulletins' ? row.receives_bulletins : row.stoppedAt === null
    return {
      id: row.id as Id<'contact'>,
      organisationName: row.name,
      isOn,
      isStopped: !isOn && (reader.stream === 'digest' || row.hasSaidStop),
      isStoppedByLink: !isOn && (reader.stream === 'digest' || row.repairId !== null),
    }
  })
}

function addressOf(db: Reader<Visible>, reader: StreamReader): Promise<{ readonly address: string | null } | undefined> {
  return reader.stream === 'bulletins'
    ? db.selectFrom('directory_contact').where('id', '=', reader.id).where('ended_at', 'is', null).select('email as address').executeTakeFirst()
    : db.selectFrom('broadcast_digest_letter').where('id', '=', reader.id).select('address').executeTakeFirst()
}
