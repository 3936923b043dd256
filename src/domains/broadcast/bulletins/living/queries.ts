import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

type Asks = Pick<Reader<Visible>, 'selectFrom'>

/** The organisations of a bulletin's frozen audience. */
export async function audienceOf(db: Asks, bulletinId: string): Promise<readonly string[]> {
  const rows = await db.selectFrom('broadcast_recipient').select('organisation_id').where('bulletin_id', '=', bulletinId).execute()
  return rows.map(row => row.organisation_id)
}

/** Whom a material change would reach at this moment. */
export interface Reach {
  readonly organisations: number
  readonly contacts: number
}

export async function reachOf(db: Asks, bulletinId: string): Promise<Reach> {
  const { organisations, contacts } = await db
    .selectFrom('broadcast_recipient as recipient')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'recipient.organisation_id')
    .where('recipient.bulletin_id', '=', bulletinId)
    .select(({ fn }) => [fn.countAll<number>().as('organisations'), fn.sum<string | null>('organisation.mailable_contacts').as('contacts')])
    .executeTakeFirstOrThrow()
  return { organisations, contacts: Number(contacts ?? 0) }
}
