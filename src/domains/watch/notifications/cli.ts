import { NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { pageFrom, pagingOptions } from '../../../platform/cli/paging.ts'
import { readAs } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { CARE_WORDS, gist, INCIDENT_KINDS, parseNotificationNumber, STANDINGS } from './model.ts'
import { listNotifications, TAKEN, type NotificationFilter, type NotificationRow } from './queries/list.ts'
import { notificationByNumber, threatOf } from './queries/show.ts'

const listCommand: Command = {
  name: 'incidents list',
  summary: 'List what has been reported, what nobody has rung about first',
  arguments: [],
  options: [
    { flags: '--search <words>', meaning: 'in numbers, organisations and what is happening' },
    { flags: '--standing <standing>', meaning: 'those taken when left out', choices: [...STANDINGS, 'all'] },
    ...pagingOptions(),
  ],
  permission: 'watch.notification.list',
  async run({ platform, actor, output }, _arguments, options) {
    const text = (name: string) => (typeof options[name] === 'string' ? options[name] : '')
    const standing = STANDINGS.find(one => one === text('standing')) ?? (text('standing') === 'all' ? 'all' : 'taken')
    const filter: NotificationFilter = { ...TAKEN, search: text('search'), standing }
    const asked = pageFrom(options)
    const found = await readAs<Visible, Page<NotificationRow>>(platform, actor, db => listNotifications(db, filter, 'pressing', asked))
    const data = found.rows.map(row => ({
      number: row.number,
      receivedAt: row.receivedAt,
      organisation: row.organisationCode,
      isConfirmed: row.isConfirmed,
      kind: row.kind,
      care: row.care,
      sinceAt: row.sinceAt,
      peopleAffected: row.peopleAffected,
      rungAt: row.rungAt,
      standing: row.standing,
    }))
    const lines = found.rows.flatMap(row => [
      `${row.number}  ${CARE_WORDS[row.care]}  ${row.organisationName ?? row.organisationGiven}`,
      `              ${gist(row.what)}`,
    ])
    output.result(data, lines.length === 0 ? ['Nothing has been reported that matches.'] : [...lines, `${found.total} in all.`])
    output.more(found.next)
  },
}

const showCommand: Command = {
  name: 'incidents show',
  summary: 'Show one incident notification',
  arguments: [required('number', 'such as IN-2026-0001')],
  options: [],
  permission: 'watch.notification.view',
  async run({ platform, actor, output }, [number = '']) {
    const shown = await readAs<Visible, object | undefined>(platform, actor, async db => {
      const record = await notificationByNumber(db, parseNotificationNumber(number) ?? '')
      if (record === undefined) return undefined
      return {
        number: record.number,
        receivedAt: record.received_at,
        kind: INCIDENT_KINDS[record.kind],
        what: record.what,
        since: record.since_words,
        sinceAt: record.since_at,
        care: record.care,
        peopleAffected: record.people_affected,
        organisation: record.organisationCode,
        organisationName: record.organisationName,
        organisationGiven: record.organisation_given,
        isConfirmed: record.is_confirmed,
        mayCall: record.may_call,
        rungAt: record.rung_at,
        standing: record.standing,
        tlp: record.tlp,
        threat: (await threatOf(db, record.number))?.id ?? null,
      }
    })
    if (shown === undefined)
      throw new NotFound('watch.notification.unknown', 'There is no such notification. "carecert incidents list" gives their numbers.')
    output.result(
      shown,
      Object.entries(shown).map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`),
    )
  },
}

export const notificationCommands: readonly Command[] = [listCommand, showCommand]
