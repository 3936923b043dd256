import type { Work } from '../../../../platform/work/work.ts'
import { resumeBulletins, stopBulletins } from '../../../directory/contract.ts'
import type { Visible } from '../../tables.ts'
import type { StreamReader } from './model.ts'
import { contactsOfReader } from './queries.ts'

/**
 * Stops a stream for whoever reads at that address, for each organisation that they stand for. Gives for how many that was news. The reader's
 * own signed link, or a complaint that proves itself, stands in for a permission.
 */
export async function stopStream(work: Work<Visible>, reader: StreamReader, reason: 'unsubscribed' | 'complained'): Promise<number> {
  const told = (await contactsOfReader(work.db, reader)).filter(({ isStopped }) => !isStopped)
  for (const { id: contactId } of told) {
    if (reader.stream === 'bulletins') {
      await stopBulletins(work.lend(), { contactId, reason })
      continue
    }
    await work.db
      .insertInto('broadcast_digest_stop')
      .values({ contact_id: contactId, at: work.now })
      .onConflict(conflict => conflict.column('contact_id').doNothing())
      .execute()
    work.record({ verb: 'broadcast.digest.stopped', subject: { kind: 'contact', id: contactId }, change: { reason } })
  }
  return told.length
}

/** The reader takes back what was stopped by link. What the organisation itself turned off stays off, and so does what was reported as unwanted. */
export async function resumeStream(work: Work<Visible>, reader: StreamReader): Promise<number> {
  const off = (await contactsOfReader(work.db, reader)).filter(({ isStoppedByLink }) => isStoppedByLink)
  for (const { id: contactId } of off) {
    if (reader.stream === 'bulletins') {
      await resumeBulletins(work.lend(), contactId)
      continue
    }
    await work.db.deleteFrom('broadcast_digest_stop').where('contact_id', '=', contactId).execute()
    work.record({ verb: 'broadcast.digest.resumed', subject: { kind: 'contact', id: contactId } })
  }
  return off.length
}
