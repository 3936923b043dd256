import type { Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { NOTIFICATION_SOURCE } from '../../sources/model.ts'
import type { Visible } from '../../tables.ts'
import type { NoteKind, Standing } from '../model.ts'

/** One notification with its organisation, as far as the reader may see it; `undefined` when there is none, or none for them. */
export function notificationByNumber(db: Reader<Visible>, number: string) {
  return db
    .selectFrom('watch_notification as notification')
    .leftJoin('directory_organisation as organisation', 'organisation.id', 'notification.organisation_id')
    .selectAll('notification')
    .select(['organisation.code as organisationCode', 'organisation.name as organisationName'])
    .where('notification.number', '=', number)
    .executeTakeFirst()
}

export type NotificationRecord = NonNullable<Awaited<ReturnType<typeof notificationByNumber>>>

/** Who sent it and how to reach them: the centre alone is shown it. */
export function senderOf(db: Reader<Visible>, notificationId: string) {
  return db
    .selectFrom('watch_notification_sender as sender')
    .leftJoin('directory_person as person', 'person.id', 'sender.person_id')
    .select(['sender.name', 'sender.phone', 'sender.email', 'sender.person_id as personId', 'person.name as personName'])
    .where('sender.notification_id', '=', notificationId)
    .executeTakeFirst()
}

export type SenderRecord = NonNullable<Awaited<ReturnType<typeof senderOf>>>

export interface NotificationNote {
  readonly at: Instant
  readonly kind: NoteKind
  readonly note: string | null
  readonly actorId: string
  readonly actorName: string | null
}

/** What the centre did about it, newest first. */
export function notesOf(db: Reader<Visible>, notificationId: string): Promise<readonly NotificationNote[]> {
  return db
    .selectFrom('watch_notification_note as note')
    .leftJoin('directory_person as person', 'person.id', 'note.actor_id')
    .select(['note.at', 'note.kind', 'note.note', 'note.actor_id as actorId', 'person.name as actorName'])
    .where('note.notification_id', '=', notificationId)
    .orderBy('note.at', 'desc')
    .orderBy('note.id', 'desc')
    .limit(100)
    .execute()
}

/** The threat that the notification's item belongs to. */
export function threatOf(db: Reader<Visible>, number: string): Promise<{ id: string; title: string; priority: string; reason: string } | undefined> {
  return db
    .selectFrom('watch_item as item')
    .innerJoin('watch_source as source', 'source.id', 'item.source_id')
    .innerJoin('watch_threat_item as link', 'link.item_id', 'item.id')
    .innerJoin('watch_threat as threat', 'threat.id', 'link.threat_id')
    .select(['threat.id', 'threat.title', 'threat.priority_word as priority', 'threat.reason'])
    .where('source.code', '=', NOTIFICATION_SOURCE.code)
    .where('item.external_id', '=', number)
    .executeTakeFirst()
}

export interface NotificationState {
  readonly id: string
  readonly standing: Standing
  readonly organisationId: string | null
  readonly acknowledgement: string | null
  readonly hasItem: boolean
}

/** As much of a notification as a command decides by, locked until the unit of work ends. */
export async function lockNotification(db: Reader<Visible>, number: string): Promise<NotificationState | undefined> {
  const row = await db
    .selectFrom('watch_notification')
    .select(['id', 'standing', 'organisation_id', 'acknowledgement'])
    .where('number', '=', number)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) return undefined
  const item = await db
    .selectFrom('watch_item as item')
    .innerJoin('watch_source as source', 'source.id', 'item.source_id')
    .select('item.id')
    .where('source.code', '=', NOTIFICATION_SOURCE.code)
    .where('item.external_id', '=', number)
    .executeTakeFirst()
  return {
    id: row.id,
    standing: row.standing,
    organisationId: row.organisation_id,
    acknowledgement: row.acknowledgement,
    hasItem: item !== undefined,
  }
}

/**
 * The telephone number to ring first: that of the centre's contact for incidents, else that of the centre's own row in the directory. `null`
 * where neither has one. The numbers of the centre's other contacts are nobody's to publish.
 */
export async function centrePhone(db: Reader<Visible>): Promise<string | null> {
  const row = await db
    .selectFrom('directory_organisation as centre')
    .leftJoin('directory_contact as contact', join =>
      join
        .onRef('contact.organisation_id', '=', 'centre.id')
        .on('contact.ended_at', 'is', null)
        .on('contact.phone', 'is not', null)
        .on('contact.purpose', 'ilike', '%incident%'),
    )
    .select(['centre.phone', 'contact.phone as forIncidents'])
    .where('centre.type', '=', 'centre')
    .where('centre.status', '=', 'open')
    .where(eb => eb.or([eb('contact.phone', 'is not', null), eb('centre.phone', 'is not', null)]))
    .orderBy('contact.out_of_hours', order => order.desc().nullsLast())
    .orderBy('contact.id')
    .limit(1)
    .executeTakeFirst()
  return row?.forIncidents ?? row?.phone ?? null
}

/** What the form is filled in with for somebody who is signed in. */
export function ownDetails(db: Reader<Visible>, personId: string, organisationId: string | null) {
  return db
    .selectFrom('directory_person as person')
    .leftJoin('directory_organisation as organisation', join => join.on('organisation.id', '=', organisationId))
    .select(['person.name', 'person.email', 'person.phone', 'organisation.code as organisationCode', 'organisation.name as organisationName'])
    .where('person.id', '=', personId)
    .executeTakeFirst()
}

/** What the mail with the number needs. */
export function acknowledgementOf(db: Reader<Visible>, notificationId: string) {
  return db
    .selectFrom('watch_notification as notification')
    .innerJoin('watch_notification_sender as sender', 'sender.notification_id', 'notification.id')
    .select(['notification.number', 'notification.received_at as receivedAt', 'notification.acknowledgement', 'sender.email'])
    .where('notification.id', '=', notificationId)
    .executeTakeFirst()
}

/** Those whose item and threat have yet to be told, oldest first, held until the unit of work ends. */
export function waitingNotifications(db: Reader<Visible>, limit: number) {
  return db
    .selectFrom('watch_notification as notification')
    .leftJoin('directory_organisation as organisation', 'organisation.id', 'notification.organisation_id')
    .selectAll('notification')
    .select(['organisation.code as organisationCode', 'organisation.name as organisationName'])
    .where('notification.needs_understanding', '=', true)
    .orderBy('notification.year')
    .orderBy('notification.sequence')
    .limit(limit)
    .forUpdate('notification')
    .execute()
}
