import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { createTransport } from 'nodemailer'
import { runCommand } from '../../../../../test/support/command.ts'
import { createTestPlatform } from '../../../../../test/support/platform.ts'
import { releasedBulletin, type ReleasedBulletin } from '../../../../../test/support/released-bulletin.ts'
import { startSmtpSink } from '../../../../../test/support/smtp-sink.ts'
import { addHours } from '../../../../kernel/instant.ts'
import { startMailListener } from '../../../../platform/mail/listener.ts'
import type { Platform } from '../../../../platform/platform.ts'
import { SYSTEM, type Actor } from '../../../../platform/work/actor.ts'
import { makeDigestJob } from '../../digest/jobs.ts'
import { deliverMailing } from '../jobs.ts'
import { bounceListener, readBouncesJob } from './jobs.ts'
import { failsSoftly, kindOf } from './model.ts'
import { receiveReturned } from './receive.ts'

const folder = await mkdtemp(join(tmpdir(), 'carecert-bounces-'))
after(() => rm(folder, { recursive: true }))
const sink = await startSmtpSink()
const platform = await createTestPlatform({
  smtpUrl: sink.url,
  env: {
    BASE_URL: 'https://carecert.example',
    MAIL_BOUNCE_ADDRESS: 'bounce@centre.example',
    BOUNCE_FOLDER: folder,
    BOUNCE_LISTEN: 'smtp://127.0.0.1:0',
  },
})
const never = new AbortController().signal
const OPERATOR: Actor = { ...SYSTEM, kind: 'operator', id: 'operator', scope: { kind: 'centre' }, permissions: new Set(['broadcast.bounce.read']) }
let reports = 0

interface Sent {
  readonly bulletin: ReleasedBulletin
  /** The sender of the envelope of each delivery, in the order of the deliveries. */
  readonly senders: readonly string[]
  readonly messages: readonly string[]
}

/** A bulletin whose messages went out, to organisations of one contact each. */
async function sent(prefix: string, organisations = 1): Promise<Sent> {
  const bulletin = await releasedBulletin(platform, { organisations, prefix })
  await deliverMailing(platform, bulletin.mailingId, never)
  const mine = bulletin.deliveryIds.map(id => sink.messages.find(({ messageId }) => messageId.startsWith(id)))
  return { bulletin, senders: mine.map(message => message?.from ?? ''), messages: mine.map(message => message?.bytes.toString('latin1') ?? '') }
}

interface Report {
  readonly to: string
  readonly action?: string
  readonly status?: string
  readonly recipient?: string
  readonly id?: string
}

function report({ to, action = 'failed', status = '5.1.1', recipient = 'a@b.example', id = `${++reports}@mx.example` }: Report): Buffer {
  return Buffer.from(
    [
      'From: MAILER-DAEMON@mx.example',
      `To: ${to}`,
      `Message-ID: <${id}>`,
      'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'Sorry.',
      '--b',
      'Content-Type: message/delivery-status',
      '',
      'Reporting-MTA: dns; mx.example',
      '',
      `Final-Recipient: rfc822; ${recipient}`,
      `Action: ${action}`,
      `Status: ${status}`,
      `Diagnostic-Code: smtp; 550 ${status} as it was told`,
      '',
      '--b--',
      '',
    ].join('\r\n'),
  )
}

async function states({ bulletin }: Sent): Promise<readonly string[]> {
  const { rows } = await platform.database.pool.query<{ text: string }>(
    `select delivery.state || ' ' || case when contact.last_failed_at is null then 'fine' else 'failed' end || ' ' || coalesce(repair.reason, '-') || ' '
       || case when contact.receives_bulletins then 'on' else 'off' end as text
     from broadcast_delivery delivery join directory_contact contact on contact.id = delivery.contact_id
     left join directory_contact_repair repair on repair.contact_id = contact.id and repair.closed_at is null
     where delivery.bulletin_id = $1 order by delivery.id`,
    [bulletin.bulletinId],
  )
  return rows.map(({ text }) => text)
}

async function reached({ bulletin }: Sent): Promise<readonly boolean[]> {
  const { rows } = await platform.database.pool.query<{ reached: boolean }>(
    `select delivered_at is not null and is_reachable as reached from broadcast_recipient where bulletin_id = $1 order by organisation_id`,
    [bulletin.bulletinId],
  )
  return rows.map(row => row.reached)
}

test('each delivery leaves with a sender of its own, and with a way to stop the like of it', async () => {
  const { senders, messages } = await sent('A', 2)
  for (const sender of senders) {
    assert.match(sender, /^bounce\+[0-9a-f]{32}\.[0-9a-f]{20}@centre\.example$/)
    assert.ok((sender.split('@')[0] ?? '').length <= 64, 'RFC 5321 §4.5.3.1.1')
  }
  assert.equal(new Set(senders).size, 2)
  assert.match(messages[0] ?? '', /^List-Unsubscribe:\s+<https:\/\/carecert\.example\/u\/con_[0-9a-f]{32}\.[\w-]{43}>\r$/m)
  assert.match(messages[0] ?? '', /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m)
  assert.match(messages[0] ?? '', /^List-Id: Bulletins <bulletins\.carecert\.example>\r$/m)
  assert.match(messages[0] ?? '', /^Feedback-ID: CC-\d+:release:bulletins:carecert\.example\r$/m)
  assert.match(messages[0] ?? '', /^Auto-Submitted: auto-generated\r$/m)
})

test('an address that does not work: the delivery bounced, the contact fails, somebody is asked to put it right, and nobody was reached', async () => {
  const message = await sent('B', 2)
  assert.deepEqual(await reached(message), [true, true])
  const bytes = report({ to: message.senders[0] ?? '' })
  assert.equal(await receiveReturned(platform, bytes), 'hard')
  assert.deepEqual(await states(message), ['bounced failed failed on', 'sent fine - on'])
  assert.deepEqual((await reached(message)).toSorted(), [false, true])
  assert.equal(await receiveReturned(platform, bytes), 'known', 'the same report counts once')
})

test('a report counts only for the address that we signed, whatever else it names', async () => {
  const message = await sent('C', 2)
  const [mine = '', other = ''] = message.senders
  const forged = [
    mine.replace(/\.([0-9a-f])/, (_, digit) => `.${digit === '0' ? '1' : '0'}`),
    mine.replace(/\+[0-9a-f]{32}/, other.slice(6, 39)),
    mine.replace('centre.example', 'evil.example'),
    mine.slice(0, -16),
    'bounce@centre.example',
    'bounce+@centre.example',
    `bounce+${'0'.repeat(32)}.${'0'.repeat(20)}@centre.example`,
  ]
  for (const to of forged) assert.equal(await receiveReturned(platform, report({ to })), 'refused', to)
  const liar = report({ to: mine.toUpperCase(), recipient: 'somebody-else@hospital.example' })
  assert.equal(await receiveReturned(platform, liar), 'hard', 'whatever case a server made of it')
  assert.deepEqual(await states(message), ['bounced failed failed on', 'sent fine - on'], 'the one that it came to, and no other')
})

test('a policy is ours to mend, a delay and a delivery are noted, an automatic answer and a letter are nothing', async () => {
  const message = await sent('D', 4)
  const [policy = '', delayed = '', delivered = '', answered = ''] = message.senders
  assert.equal(await receiveReturned(platform, report({ to: policy, status: '5.7.26' })), 'policy')
  assert.equal(await receiveReturned(platform, report({ to: delayed, action: 'delayed', status: '4.4.1' })), 'delayed')
  assert.equal(await receiveReturned(platform, report({ to: delivered, action: 'delivered', status: '2.0.0' })), 'delivered')
  const away = Buffer.from(`From: a@b.example\r\nTo: ${answered}\r\nAuto-Submitted: auto-replied\r\n\r\n550 5.1.1 I am away`)
  assert.equal(await receiveReturned(platform, away), 'ignored')
  assert.equal(await receiveReturned(platform, Buffer.from(`From: a@b.example\r\nTo: ${answered}\r\n\r\nWho are you?`)), 'ignored')
  assert.deepEqual(await states(message), ['bounced fine - on', 'sent fine - on', 'delivered fine - on', 'sent fine - on'])
})

test('what a server gave up is tried again, and a contact fails for it when it happens often', async () => {
  const message = await sent('E')
  const [sender = ''] = message.senders
  assert.equal(await receiveReturned(platform, report({ to: sender, status: '4.4.7' })), 'soft')
  assert.deepEqual(await states(message), ['failed fine - on'])
  await receiveReturned(platform, report({ to: sender, status: '4.4.7' }))
  await receiveReturned(platform, report({ to: sender, status: '4.2.2' }))
  assert.deepEqual(await states(message), ['failed failed failed on'])
  const now = new Date('2026-11-20T09:00:00Z')
  const ago = (...days: readonly number[]) => days.map(day => addHours(now, -24 * day))
  assert.deepEqual([failsSoftly(ago(0, 0, 0), now), failsSoftly(ago(0, 14, 28), now), failsSoftly(ago(0, 3, 6, 20), now)], [true, false, true])
})

test('what each status means', () => {
  const kind = (action: 'failed' | 'delayed' | 'relayed' | 'expanded', status: string) => {
    const [one = 5, subject = 0, detail = 0] = status.split('.').map(Number)
    return kindOf({ action, status: { class: one === 4 ? 4 : one === 2 ? 2 : 5, subject, detail } })
  }
  assert.deepEqual(
    ['5.1.1', '5.2.1', '5.0.0', '5.4.4'].map(status => kind('failed', status)),
    ['hard', 'hard', 'hard', 'hard'],
  )
  assert.deepEqual(
    ['5.7.1', '5.6.0', '5.3.4'].map(status => kind('failed', status)),
    ['policy', 'policy', 'policy'],
  )
  assert.deepEqual(
    [kind('failed', '4.7.1'), kind('delayed', '4.4.1'), kind('relayed', '2.1.5'), kind('expanded', '2.1.5')],
    ['soft', 'delayed', null, null],
  )
})

function complaint(original: readonly string[], feedback: readonly string[] = [], type = 'abuse'): Buffer {
  return Buffer.from(
    [
      'From: feedback@mailbox.example',
      'To: bounce@centre.example',
      `Message-ID: <${++reports}@mailbox.example>`,
      'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
      '',
      '--b',
      'Content-Type: message/feedback-report',
      '',
      `Feedback-Type: ${type}`,
      ...feedback,
      '',
      '--b',
      'Content-Type: message/rfc822',
      '',
      ...original,
      '',
      '--b--',
      '',
    ].join('\r\n'),
  )
}

test('a complaint stops the bulletins of its reader, when it brings back what only we can sign', async () => {
  const message = await sent('F', 3)
  const [first = '', second = ''] = message.senders
  assert.equal(await receiveReturned(platform, complaint([], [`Original-Mail-From: <${first}>`], 'not-spam')), 'ignored')
  assert.equal(await receiveReturned(platform, complaint([], [`Original-Mail-From: <${first}>`])), 'complaint')
  assert.equal(await receiveReturned(platform, complaint([`Return-Path: <${second}>`, 'Subject: x'])), 'complaint')
  const link = /^List-Unsubscribe:[\s\S]*?<([^>]+)>/m.exec(message.messages[2] ?? '')?.[1] ?? ''
  const cut = `${link.slice(0, -1)}${link.endsWith('A') ? 'B' : 'A'}`
  assert.equal(await receiveReturned(platform, complaint([`List-Unsubscribe: <${cut}>`])), 'refused')
  assert.equal(await receiveReturned(platform, complaint(['Subject: nothing of ours'])), 'refused')
  assert.equal(await receiveReturned(platform, complaint([`List-Unsubscribe: <${link}>`])), 'complaint')
  assert.deepEqual(await states(message), ['sent fine complained off', 'sent fine complained off', 'sent fine complained off'])
})

test('bounces come by SMTP, to the addresses that we made alone, and are written down before the server is told so', async () => {
  const message = await sent('G')
  const [sender = ''] = message.senders
  const listener = await bounceListener.start(platform)
  assert.ok(listener !== null && 'port' in listener)
  const transport = createTransport({ host: '127.0.0.1', port: Number(listener.port), ignoreTLS: true })
  const deliver = (to: string, raw: Buffer) => transport.sendMail({ envelope: { from: '', to }, raw })
  try {
    await assert.rejects(deliver('somebody@centre.example', report({ to: sender })), /5\.1\.1 No such address/)
    await assert.rejects(deliver(sender.replace(/\.[0-9a-f]/, '.z'), report({ to: sender })), /5\.1\.1 No such address/)
    await assert.rejects(deliver(sender, Buffer.concat([report({ to: sender }), Buffer.alloc(3_000_000, 'x\r\n')])), /5\.3\.4|552/)
    assert.deepEqual(await states(message), ['sent fine - on'])
    // The head names nobody of ours: the envelope does.
    await deliver(sender, report({ to: 'undisclosed-recipients:;' }))
    assert.deepEqual(await states(message), ['bounced failed failed on'])
  } finally {
    transport.close()
    await listener.stop()
  }
})

test('a fault of ours is told as one, so that the mail server keeps the report; and LMTP is spoken as well', async () => {
  let fails = true
  const taken: string[] = []
  const listener = await startMailListener({
    protocol: 'lmtp',
    host: '127.0.0.1',
    port: 0,
    log: platform.log,
    accepts: () => true,
    take: async (_, to) => {
      if (fails) throw new Error('the database is away')
      taken.push(...to)
    },
  })
  const lines = async () => {
    const socket = createConnection(listener.port, '127.0.0.1')
    const said: string[] = []
    socket.setEncoding('utf8')
    const steps = ['LHLO mx.example', 'MAIL FROM:<>', 'RCPT TO:<bounce+1@centre.example>', 'DATA', 'From: a@b.example\r\n\r\nx\r\n.', 'QUIT']
    for await (const part of socket) {
      said.push(...String(part).trim().split('\r\n'))
      if (!/^\d{3}-/.test(said.at(-1) ?? '')) {
        const next = steps.shift()
        if (next === undefined) break
        socket.write(`${next}\r\n`)
      }
    }
    socket.destroy()
    return said.join('\n')
  }
  try {
    assert.match(await lines(), /^451 .*4\.3\.0/m)
    fails = false
    assert.match(await lines(), /^250 .*2\.0\.0 Taken in/m)
    assert.deepEqual(taken, ['bounce+1@centre.example'])
  } finally {
    await listener.stop()
  }
})

test('bounces come from a folder and from a Maildir, each read once', async () => {
  const message = await sent('H', 2)
  const [first = '', second = ''] = message.senders
  await writeFile(join(folder, 'one.eml'), report({ to: first }))
  await writeFile(join(folder, 'odd.eml'), 'no message at all')
  await readBouncesJob.handle(platform, {}, never)
  assert.deepEqual(await states(message), ['bounced failed failed on', 'sent fine - on'])
  assert.deepEqual(await readdir(folder), ['.read'])

  const maildir = join(folder, 'Maildir')
  for (const name of ['cur', 'new', 'tmp']) await mkdir(join(maildir, name), { recursive: true })
  await writeFile(join(maildir, 'new', '1.eml'), report({ to: second }))
  await writeFile(join(maildir, 'tmp', '2.eml'), report({ to: second }))
  const reading: Platform = { ...platform, config: { ...platform.config, mail: { ...platform.config.mail, bounceFolder: maildir } } }
  await readBouncesJob.handle(reading, {}, never)
  assert.deepEqual(await states(message), ['bounced failed failed on', 'bounced failed failed on'])
  assert.deepEqual([await readdir(join(maildir, 'new')), await readdir(join(maildir, 'cur'))], [[], ['1.eml:2,S']])
})

test('an operator reads files and folders by hand, in the operator’s name', async () => {
  const message = await sent('J', 2)
  const [first = '', second = ''] = message.senders
  const own = join(folder, 'by-hand')
  await mkdir(own, { recursive: true })
  await writeFile(join(own, 'one.eml'), report({ to: first }))
  await writeFile(join(folder, 'by-hand.eml'), report({ to: second, action: 'delivered', status: '2.0.0' }))
  await writeFile(join(own, 'two.eml'), `From: a@b.example\r\nTo: ${first}\r\n\r\nHello`)
  const { data } = await runCommand<readonly { outcome: string }[]>(platform, OPERATOR, 'bounces read', [own, join(folder, 'by-hand.eml')])
  assert.deepEqual(
    data.map(({ outcome }) => outcome),
    ['hard', 'ignored', 'delivered'],
  )
  assert.deepEqual(await states(message), ['bounced failed failed on', 'delivered fine - on'])
  const { rows } = await platform.database.pool.query<{ actor_kind: string }>(
    `select distinct actor_kind from audit_record where verb = 'broadcast.bounce.read' and subject_id = any($1)`,
    [message.bulletin.deliveryIds],
  )
  assert.deepEqual(
    rows.map(row => row.actor_kind),
    ['operator'],
  )
  await assert.rejects(runCommand(platform, OPERATOR, 'bounces read', ['/no/such/file']), /not there/)
})

test('what is built to do harm is refused, and changes nothing', async () => {
  const message = await sent('I')
  const [sender = ''] = message.senders
  const nested = Array.from({ length: 300 }, (_, index) => `Content-Type: multipart/mixed; boundary="b${index}"\r\n\r\n--b${index}\r\n`).join('')
  const hostile: readonly Buffer[] = [
    Buffer.alloc(5_000_000, 'A'),
    Buffer.from(`To: ${sender}\r\n${nested}`),
    Buffer.from(`To: ${sender}\r\n${'X-Long: y\r\n'.repeat(60_000)}\r\n`),
    Buffer.from(`To: ${Array.from({ length: 200 }, (_, index) => `x${index}@y.example`).join(', ')}\r\n\r\n`),
    report({ to: sender, status: '9.9.9' }),
    report({ to: sender, action: 'failed\r\nAction: delivered' }).subarray(0, 300),
    Buffer.alloc(0),
    report({ to: 'nobody@centre.example', recipient: '\0\0' }),
  ]
  for (const bytes of hostile) assert.ok(['refused', 'ignored'].includes(await receiveReturned(platform, bytes)))
  assert.deepEqual(await states(message), ['sent fine - on'])
  assert.equal(
    await receiveReturned(platform, report({ to: sender, status: '5.1.1 \0 \u202e', id: '\0@mx' })),
    'hard',
    'what no database takes is left out',
  )
})

test('a letter of the digest bounces to an address of its own: the contact fails once, and a complaint stops its digests alone', async () => {
  const { bulletin } = await sent('L')
  await makeDigestJob.handle(platform, {}, never)
  platform.clock.set('2026-11-23T08:05:00Z')
  await makeDigestJob.handle(platform, {}, never)
  await platform.runJobs()
  const letter = sink.messages.find(({ from, to }) => from.startsWith('bounce+l') && to.startsWith('desk0@l')) ?? assert.fail('no letter went out')
  assert.equal(letter.from.split('@')[0]?.length, 'bounce+'.length + 1 + 32 + 1 + 20)
  assert.equal(
    await receiveReturned(platform, report({ to: letter.from.replace('bounce+l', 'bounce+') })),
    'refused',
    'signed as a letter, not as a delivery',
  )
  assert.equal(await receiveReturned(platform, report({ to: letter.from, status: '4.2.2' })), 'soft')
  assert.equal(await receiveReturned(platform, report({ to: letter.from })), 'hard')
  assert.equal(await receiveReturned(platform, report({ to: letter.from })), 'known')
  const { rows } = await sql<{ open: number; failure: string }>`
    select count(repair.id)::int as open, max(contact.last_failure) as failure from directory_contact as contact
    left join directory_contact_repair as repair on repair.contact_id = contact.id and repair.closed_at is null and repair.reason = 'failed'
    where contact.id = any(${bulletin.contactIds}::text[])`.execute(platform.database.kysely)
  assert.equal(rows[0]?.open, 1)
  assert.match(rows[0]?.failure ?? '', /550 5\.1\.1/)
})
