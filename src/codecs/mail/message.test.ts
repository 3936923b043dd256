import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { looksLikeMessage, readMessage, type MailMessage } from './message.ts'

const lines = (...text: readonly string[]) => Buffer.from(text.join('\r\n'))

async function read(bytes: Uint8Array): Promise<MailMessage> {
  const message = await readMessage(bytes)
  assert.ok(message.ok)
  return message.value
}

const PLAIN = lines(
  'Received: from mx.example by in.example',
  '\tfor <soc@centre.example>; Mon, 5 Jan 2026 10:00:00 +0000',
  'From: =?utf-8?Q?Acme_S=C3=A9curit=C3=A9?= <PSIRT@Acme.example>',
  'Subject: [TLP:AMBER] Gateway',
  'Date: Mon, 5 Jan 2026 11:00:00 +0100',
  'Message-ID: <1@acme.example>',
  '',
  'TLP:GREEN once was. See https://acme.example/a?b=1, and (https://acme.example/c).',
)

test('a message is read, with its sender, its date, its links and its narrowest label', async () => {
  assert.deepEqual(await read(PLAIN), {
    id: '1@acme.example',
    subject: '[TLP:AMBER] Gateway',
    from: { name: 'Acme Sécurité', address: 'psirt@acme.example' },
    date: '2026-01-05T10:00:00.000Z',
    text: 'TLP:GREEN once was. See https://acme.example/a?b=1, and (https://acme.example/c).',
    html: '',
    links: ['https://acme.example/a?b=1', 'https://acme.example/c'],
    tlp: 'AMBER',
    attachments: [],
  })
})

test('attachments come as they were sent, messages among them whole', async () => {
  const message = await read(
    lines(
      'From: a@b.example',
      'Subject: Two',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="x"',
      '',
      '--x',
      'Content-Type: text/html',
      '',
      '<p>TLP:AMBER+STRICT <a href="https://b.example/?a=1&amp;b=2">here</a> <a href="javascript:alert(1)">there</a></p>',
      '--x',
      'Content-Type: application/octet-stream; name="../advisory.json"',
      'Content-Transfer-Encoding: base64',
      'Content-Disposition: attachment; filename="../advisory.json"',
      '',
      Buffer.from('{"a":1}').toString('base64'),
      '--x',
      'Content-Type: message/rfc822',
      '',
      PLAIN.toString('latin1'),
      '--x--',
    ),
  )
  assert.deepEqual([message.links, message.tlp, message.text], [['https://b.example/?a=1&b=2'], 'AMBER+STRICT', ''])
  const [first, second] = message.attachments
  assert.deepEqual([first?.name, Buffer.from(first?.bytes ?? []).toString()], ['../advisory.json', '{"a":1}'])
  assert.ok(second !== undefined && looksLikeMessage(second.bytes))
})

test('what is no message is not taken for one', () => {
  assert.equal(looksLikeMessage(PLAIN), true)
  for (const text of [
    '',
    '{"from":"a","subject":"b"}',
    '<rss>',
    'cveID,vendorProject',
    'From: a@b.example\n\nhello',
    'Subject: a\nDate: b\n\n',
    'From a@b Mon Jan 5\nFrom: a\nDate: b\n',
    'title: x\nfrom - y\n',
  ])
    assert.equal(looksLikeMessage(Buffer.from(text)), false, text)
})

test('a message built to be hard to read is refused or read, and never throws', async () => {
  const deep = ['From: a@b.example', 'Subject: deep']
  for (let level = 0; level < 200; level += 1) deep.push(`Content-Type: multipart/mixed; boundary="b${level}"`, '', `--b${level}`)
  assert.equal((await readMessage(lines(...deep))).ok, false)
  const wide = lines('From: a@b.example', 'Subject: wide', ...Array.from({ length: 50_000 }, () => 'X-Long: xxxxxxxxxx'), '', 'text')
  assert.equal((await readMessage(wide)).ok, false)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async bytes => {
      const whole = Buffer.concat([Buffer.from('From: a@b.example\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n'), bytes])
      assert.equal(typeof (await readMessage(whole)).ok, 'boolean')
    }),
    { numRuns: 50 },
  )
})
