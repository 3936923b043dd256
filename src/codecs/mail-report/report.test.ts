import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readReturnedMessage } from './report.ts'

interface Written {
  readonly head?: readonly string[]
  readonly status?: string
  readonly statusType?: string
  readonly reportType?: string
  readonly original?: string
}

function report({
  head = [],
  status = '',
  statusType = 'message/delivery-status',
  reportType = 'delivery-status',
  original = '',
}: Written): Uint8Array {
  return new TextEncoder().encode(
    [
      'From: Mail Delivery System <MAILER-DAEMON@mx.example.org>',
      'To: bounce+abc.def@centre.example',
      'Subject: Undelivered Mail Returned to Sender',
      'Message-ID: <1@mx.example.org>',
      'Auto-Submitted: auto-replied',
      'MIME-Version: 1.0',
      ...head,
      `Content-Type: multipart/report; report-type=${reportType}; boundary="b"`,
      '',
      '--b',
      'Content-Type: text/plain',
      '',
      'I am sorry to have to inform you.',
      '--b',
      `Content-Type: ${statusType}`,
      '',
      status,
      '--b',
      'Content-Type: message/rfc822',
      '',
      original,
      '--b--',
      '',
    ].join('\r\n'),
  )
}

const HARD = [
  'Reporting-MTA: dns; mx.example.org',
  'X-Queue-ID: 4Tx',
  '',
  'Final-Recipient: rfc822; Nobody@hospital.example',
  'Original-Recipient: rfc822;nobody@hospital.example',
  'Action: failed',
  'Status: 5.1.1',
  'Remote-MTA: dns; mail.hospital.example',
  'Diagnostic-Code: smtp; 550 5.1.1 <nobody@hospital.example>: Recipient address',
  '    rejected: User unknown',
].join('\r\n')

async function contentOf(bytes: Uint8Array) {
  const read = await readReturnedMessage(bytes)
  assert.ok(read.ok)
  return read.value.content
}

test('a report of a failed delivery is read, its words unfolded', async () => {
  const read = await readReturnedMessage(report({ status: HARD, head: ['Delivered-To: bounce+First@centre.example'] }))
  assert.ok(read.ok)
  assert.equal(read.value.id, '1@mx.example.org')
  assert.deepEqual(read.value.addressedTo, ['bounce+first@centre.example', 'bounce+abc.def@centre.example'])
  assert.deepEqual(read.value.content, {
    kind: 'delivery-status',
    status: {
      reportingServer: 'mx.example.org',
      recipients: [
        {
          action: 'failed',
          status: { class: 5, subject: 1, detail: 1 },
          finalRecipient: 'nobody@hospital.example',
          words: '550 5.1.1 <nobody@hospital.example>: Recipient address rejected: User unknown',
        },
      ],
    },
  })
})

test('every action and class is told apart, and several recipients are read each', async () => {
  const blocks = [
    ['delayed', '4.4.1'],
    ['delivered', '2.0.0'],
    ['relayed', '2.1.5'],
    ['expanded', '2.1.5'],
    ['failed (expired)', '4.4.7 (timed out)'],
  ].map(([action, status]) => `Final-Recipient: rfc822; a@b.example\r\nAction: ${action}\r\nStatus: ${status}`)
  const content = await contentOf(report({ status: ['Reporting-MTA: dns; mx', ...blocks].join('\r\n\r\n') }))
  assert.ok(content.kind === 'delivery-status')
  assert.deepEqual(
    content.status.recipients.map(({ action, status }) => `${action} ${status.class}.${status.subject}.${status.detail}`),
    ['delayed 4.4.1', 'delivered 2.0.0', 'relayed 2.1.5', 'expanded 2.1.5', 'failed 4.4.7'],
  )
})

test('an internationalised report is read (RFC 6533), and one whose status stands only in the words of the server', async () => {
  const global = 'Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: utf-8; d\\x{e4}sk@hospital.example\r\nAction: failed\r\nStatus: 5.1.1'
  const first = await contentOf(report({ status: global, statusType: 'message/global-delivery-status' }))
  assert.ok(first.kind === 'delivery-status')
  assert.equal(first.status.recipients[0]?.finalRecipient, 'däsk@hospital.example')
  const bare = 'Reporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nDiagnostic-Code: smtp; 550-5.7.1 Not from you'
  const second = await contentOf(report({ status: bare }))
  assert.ok(second.kind === 'delivery-status')
  assert.deepEqual(second.status.recipients[0]?.status, { class: 5, subject: 7, detail: 1 })
})

test('a report without what a machine can read is not taken for one', async () => {
  for (const status of [
    '',
    'Reporting-MTA: dns; mx',
    'Reporting-MTA: dns; mx\r\n\r\nAction: failed',
    'Action: exploded\r\nStatus: 5.1.1',
    'no fields at all',
  ])
    assert.equal((await contentOf(report({ status }))).kind, 'auto-reply', status)
})

test('a report that somebody attached to a letter is not one of a mail server', async () => {
  const bytes = new TextDecoder().decode(report({ status: HARD })).replace('multipart/report; report-type=delivery-status', 'multipart/mixed')
  assert.notEqual((await contentOf(new TextEncoder().encode(bytes))).kind, 'delivery-status')
  const nested = report({ status: 'none', original: new TextDecoder().decode(report({ status: HARD })) })
  assert.notEqual((await contentOf(nested)).kind, 'delivery-status', 'nor is one inside the message that came back')
})

test('a complaint tells by which message it was caused', async () => {
  const feedback =
    'Feedback-Type: Abuse\r\nUser-Agent: FBL/1\r\nVersion: 1\r\nOriginal-Mail-From: <bounce+x.y@centre.example>\r\nOriginal-Rcpt-To: <a@b.example>'
  const original =
    'Return-Path: <bounce+z.w@centre.example>\r\nFrom: centre@centre.example\r\nList-Unsubscribe: <mailto:x@y.example>,\r\n <https://centre.example/u/t.k>\r\n\r\nList-Unsubscribe: <https://evil.example/u/t.k>'
  const content = await contentOf(report({ status: feedback, statusType: 'message/feedback-report', reportType: 'feedback-report', original }))
  assert.deepEqual(content, {
    kind: 'complaint',
    complaint: {
      type: 'abuse',
      originalSenders: ['bounce+x.y@centre.example', 'bounce+z.w@centre.example'],
      unsubscribeAddresses: ['https://centre.example/u/t.k'],
    },
  })
})

test('an answer that a machine gave is told from a letter', async () => {
  const letter = (head: string) => new TextEncoder().encode(`From: a@b.example\r\nTo: bounce@c.example\r\n${head}\r\nHello`)
  assert.equal((await contentOf(letter('Auto-Submitted: auto-replied\r\n'))).kind, 'auto-reply')
  assert.equal((await contentOf(letter('X-Autoreply: yes\r\n'))).kind, 'auto-reply')
  assert.equal((await contentOf(letter('Auto-Submitted: no\r\n'))).kind, 'other')
  assert.equal((await contentOf(letter(''))).kind, 'other')
})

test('what is built to be hard to read is refused, quickly', async () => {
  const refusedWith = async (bytes: Uint8Array) => (await readReturnedMessage(bytes)).problems[0]?.rule
  assert.equal(await refusedWith(new Uint8Array(3 * 1024 * 1024)), 'mail-report.too-large')
  const boundaries = Array.from({ length: 200 }, (_, index) => `Content-Type: multipart/mixed; boundary="b${index}"\r\n\r\n--b${index}\r\n`).join('')
  assert.equal(await refusedWith(new TextEncoder().encode(boundaries)), 'mail-report.unreadable')
  assert.equal(await refusedWith(new TextEncoder().encode(`X: ${'y'.repeat(400_000)}\r\n\r\n`)), 'mail-report.unreadable')
  const many = `Reporting-MTA: dns; mx\r\n\r\n${'Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n'.repeat(5_000)}`
  const content = await contentOf(report({ status: many }))
  assert.ok(content.kind === 'delivery-status' && content.status.recipients.length <= 100)
  assert.equal((await contentOf(new Uint8Array())).kind, 'other')
})
