import { NotFound } from '../../../kernel/errors.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { organisationByCode } from '../../directory/contract.ts'
import { parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { recipientOf, type Recipient } from './queries.ts'

/** A bulletin, and the organisation that is asked about it. */
export interface Asked {
  readonly bulletin: Bulletin
  readonly recipient: Recipient
}

/** How an answer by a page is given: by the organisation itself, or by the partner that answers for it. */
export function viaOf(actor: Actor, organisationId: string): 'portal' | 'partner' {
  return actor.organisationId === organisationId ? 'portal' : 'partner'
}

/** The bulletin and the organisation for whom the actor answers: its own, or for a partner the one named. Throws `NotFound`. */
export async function askedOf(db: Reader<Visible>, actor: Actor, number: string, code: string): Promise<Asked> {
  const bulletin = await bulletinOf(db, parseBulletinNumber(number) ?? 0)
  const organisationId = code === '' ? actor.organisationId : ((await organisationByCode(db, code))?.id ?? null)
  const recipient = organisationId === null ? undefined : await recipientOf(db, bulletin.id, organisationId)
  if (recipient === undefined)
    throw new NotFound('broadcast.response.not-a-recipient', 'This bulletin was not sent to that organisation, or you do not answer for it.')
  return { bulletin, recipient }
}
