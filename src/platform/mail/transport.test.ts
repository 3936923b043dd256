import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { authenticate } from 'mailauth'
import { createMessage, generateKey, readKey, readSignature, verify } from 'openpgp'
import PostalMime from 'postal-mime'
import { startSmtpSink, type SunkMessage } from '../../../test/support/smtp-sink.ts'
import { systemClock } from '../clock/clock.ts'
import { readConfig } from '../config/config.ts'
import { createSlots, prepareBody } from './body.ts'
import { dkimRecord, readDkimKey, relaxedBody } from './dkim.ts'
import { describeKeys, openSigning } from './keys.ts'
import { createMailTransport, type MailMessage } from './transport.ts'

const folder = mkdtempSync(join(tmpdir(), 'carecert-mail-'))
after(() => rmSync(folder, { recursive: true }))
const sink = await startSmtpSink()
const hasOpenSsl = await promisify(execFile)('openssl', ['version']).then(
  () => true,
  () => false,
)

const file = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}
const pem = { type: 'pkcs8', format: 'pem' } as const
const rsa = file('rsa.pem', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pem).toString())
const ed25519 = file('ed25519.pem', generateKeyPairSync('ed25519').privateKey.export(pem).toString())
const DKIM = {
  DKIM_DOMAIN: 'example.org',
  DKIM_SELECTOR: 'one',
  DKIM_KEY_FILE: rsa,
  DKIM_ED25519_SELECTOR: 'two',
  DKIM_ED25519_KEY_FILE: ed25519,
}

const MESSAGE: MailMessage = {
  to: { name: 'Zoë "Night" Dëñk, on call', address: 'on-call@hospital.example' },
  subject: 'TLP:GREEN High CC-5001 Étage – a subject that is so long that it must be folded over more than one line of the head',
  text: 'From here on: act.\n.hidden dot\n  two  spaces, a tab\t, trailing \nünïcode = 100 %\n\n\n',
  html: '<p>From here   on: act &amp; answer.</p>\n\n',
  messageId: 'del_1.1@example.org',
  headers: {
    'List-Unsubscribe': '<https://example.org/u/abc>',
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    'List-Id': 'Bulletins <bulletins.example.org>',
  },
  returnPath: 'bounce+abc.def@example.org',
}

async function sent(env: Readonly<Record<string, string>>, message = MESSAGE): Promise<SunkMessage> {
  const { config } = readConfig({ MAIL_FROM: 'centre@example.org', ...env })
  const signing = await openSigning(config.mail, systemClock, { PATH: process.env['PATH'] ?? '' })
  const transport = createMailTransport(sink.url, config.mailFrom, { signing })
  try {
    const outcome = await transport.send(message)
    assert.ok(outcome.ok, outcome.words)
    const taken = sink.messages.at(-1)
    assert.ok(taken !== undefined)
    return taken
  } finally {
    transport.close()
  }
}

/** What a receiver makes of the DKIM signatures, by a library that has no part in making them. */
async function dkimResults(message: Buffer, env: Readonly<Record<string, string>> = DKIM) {
  const { config } = readConfig(env)
  const records = new Map((await describeKeys(config.mail)).map(({ name, text }) => [name, text]))
  const { dkim } = await authenticate(message, {
    ip: '192.0.2.1',
    helo: 'example.org',
    sender: 'centre@example.org',
    mta: 'mx.hospital.example',
    resolver: async (name: string) => {
      const text = records.get(name)
      if (text === undefined) throw Object.assign(new Error('no such record'), { code: 'ENOTFOUND' })
      return [[text]]
    },
  })
  return dkim.results.map(({ selector, status }) => `${selector}: ${status.result}`)
}

test('a message arrives as it was meant, from the address that bounces come back to', async () => {
  const { from, bytes } = await sent({})
  assert.equal(from, MESSAGE.returnPath)
  const read = await PostalMime.parse(bytes)
  assert.equal(read.subject, MESSAGE.subject)
  assert.deepEqual(read.to, [{ name: MESSAGE.to.name, address: MESSAGE.to.address }])
  assert.deepEqual(read.from, { name: 'CareCERT', address: 'centre@example.org' })
  assert.equal(read.text?.trimEnd(), MESSAGE.text.trimEnd())
  assert.equal(read.html?.trimEnd(), MESSAGE.html.trimEnd())
  const text = bytes.toString('latin1')
  assert.match(text, /^[\t\r\n\x20-\x7e]*$/, 'every byte is ASCII')
  assert.ok(
    text.split('\r\n').every(line => line.length <= 78),
    'and every line is short',
  )
  assert.doesNotMatch(text, /^From /m, 'no line that mail servers would change')
})

test('nothing that somebody is called can begin a field of its own', async () => {
  const name = 'Desk\r\nBcc: all@example.org\r\n\r\nHello'
  const { bytes } = await sent({}, { ...MESSAGE, to: { name, address: 'a@b.example' }, subject: `x\r\nBcc: y@z.example` })
  const { headers } = await PostalMime.parse(bytes)
  assert.ok(!headers.some(({ key }) => key === 'bcc'))
})

test('what differs from one recipient to the next is put into a body that was composed once, whatever it holds', async () => {
  const slots = createSlots(['link', 'organisation'])
  const prepared = prepareBody(
    {
      text: `For ${slots.marks.organisation}.\n${slots.marks.link}\n${'long '.repeat(40)}${slots.marks.organisation} ends`,
      html: `<a href="${slots.marks.link}">${slots.marks.organisation}</a>`,
    },
    slots,
  )
  const hostile = [
    'From the start',
    'a=b "<&>\'',
    'ünï',
    ' spaces at both ends ',
    '',
    `https://x.example/${'y'.repeat(200)}`,
    'two\nlines',
    '.',
    '\t',
  ]
  for (const organisation of hostile) {
    const values = { link: `https://x.example/r/${'z'.repeat(90)}=`, organisation }
    const body = prepared.personalise(values)
    const { bytes } = await sent(DKIM, { ...MESSAGE, text: '', html: '', body })
    const read = await PostalMime.parse(bytes)
    assert.equal(read.text?.replace(/\n$/, ''), body.text.replaceAll('\r\n', '\n'))
    assert.equal(read.html?.replace(/\n$/, ''), body.html)
    assert.ok(
      body.html.includes(
        organisation.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
      ),
    )
    assert.ok(
      bytes
        .toString('latin1')
        .split('\r\n')
        .every(line => line.length <= 78),
    )
    assert.deepEqual(await dkimResults(bytes), ['one: pass', 'two: pass'])
  }
})

test('both DKIM signatures hold, and neither survives a change of the text or a second field', async () => {
  const { bytes } = await sent(DKIM)
  assert.deepEqual(await dkimResults(bytes), ['one: pass', 'two: pass'])
  const text = bytes.toString('latin1')
  assert.doesNotMatch(text, /[;\s]l=/, 'no length: whatever is added breaks it')
  const changed = [
    text.replace('hidden', 'hiddem'),
    `${text}more\r\n`,
    ...[
      'From: x@example.org',
      'Subject: y',
      'To: z@example.org',
      'Date: Thu, 01 Jan 1970 00:00:00 +0000',
      'List-Unsubscribe: <https://e.example>',
      'List-Unsubscribe-Post: no',
      'Content-Type: text/html',
    ].map(field => `${field}\r\n${text}`),
  ]
  for (const other of changed)
    assert.ok(!(await dkimResults(Buffer.from(other, 'latin1'))).some(result => result.endsWith('pass')), other.slice(0, 40))
})

/** A command that signs for DKIM as an agent or a card would, and the public keys that we are given instead. */
const AGENT = file(
  'agent.mjs',
  `import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
const keys = { one: ['sha256', '${rsa}'], two: [null, '${ed25519}'] }
for await (const line of createInterface({ input: process.stdin })) {
  const [name, text] = line.split(' ')
  if (process.argv[2] === 'dies') process.exit(3)
  const [hash, path] = keys[process.argv[2] === 'mistaken' ? 'two' : name]
  const signature = sign(hash, Buffer.from(text, 'base64'), createPrivateKey(readFileSync(path)))
  process.stdout.write((process.argv[2] === 'mumbles' ? 'no signature!' : signature.toString('base64')) + '\\n')
}
`,
)
const publicFile = (name: string, privateFile: string) =>
  file(name, createPublicKey(readFileSync(privateFile)).export({ type: 'spki', format: 'pem' }).toString())
const OUTSIDE = {
  ...DKIM,
  DKIM_KEY_FILE: publicFile('rsa.pub', rsa),
  DKIM_ED25519_KEY_FILE: publicFile('ed25519.pub', ed25519),
  DKIM_SIGNING_COMMAND: JSON.stringify([process.execPath, AGENT]),
}

test('keys that stay in a command outside sign for DKIM, and receivers find that they hold', async () => {
  const { bytes } = await sent(OUTSIDE)
  assert.deepEqual(await dkimResults(bytes), ['one: pass', 'two: pass'])
  const records = await describeKeys(readConfig(OUTSIDE).config.mail)
  assert.deepEqual(
    records.map(({ text }) => text),
    (await describeKeys(readConfig(DKIM).config.mail)).map(({ text }) => text),
  )
})

test('a command that dies, mumbles or takes the wrong key sends nothing, and says so', async () => {
  for (const [manner, words] of [
    ['dies', /gave no signature/],
    ['mumbles', /gave no signature/],
    ['mistaken', /is no signature of its key/],
  ] as const) {
    const before = sink.messages.length
    const command = { ...OUTSIDE, DKIM_SIGNING_COMMAND: JSON.stringify([process.execPath, AGENT, manner]) }
    await assert.rejects(sent(command), words, manner)
    assert.equal(sink.messages.length, before)
  }
  await assert.rejects(sent({ ...OUTSIDE, DKIM_SIGNING_COMMAND: '["/nowhere/to-be-found"]' }), /gave no signature/)
})

test('a relaxed body is what RFC 6376 §3.4.5 shows', () => {
  assert.equal(relaxedBody(' C \r\nD \t E\r\n\r\n\r\n'), ' C\r\nD E\r\n')
  assert.equal(relaxedBody('\r\n\r\n'), '')
  assert.equal(relaxedBody(''), '')
  assert.equal(relaxedBody('a'), 'a\r\n')
})

test('a key that is too short, of another kind or no key is refused, and the records to publish are right', async () => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export(pem).toString()
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pem).toString()
  for (const bad of [short, curve, 'no key']) assert.throws(() => readDkimKey(bad, 'example.org', 's'), { code: 'platform.mail.dkim-key' })
  const { config } = readConfig(DKIM)
  const [one, two] = await describeKeys(config.mail)
  assert.match(one?.text ?? '', /^v=DKIM1; k=rsa; p=[A-Za-z0-9+/=]{300,}$/)
  assert.match(two?.text ?? '', /^v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=$/)
  assert.equal(
    dkimRecord(readDkimKey(generateKeyPairSync('ed25519').privateKey.export(pem).toString(), 'a.example', 'x')).name,
    'x._domainkey.a.example',
  )
})

interface Parts {
  readonly entity: string
  readonly signature: string
  readonly type: string
}

function signedParts(bytes: Buffer): Parts {
  const text = bytes.toString('latin1')
  const type = /^Content-Type: (multipart\/signed(?:.*\r\n[ \t].*)*.*)/m.exec(text)?.[1] ?? ''
  const boundary = /boundary="([^"]+)"/.exec(type)?.[1] ?? '-'
  const [, entity = '', signature = ''] = text.split(new RegExp(`(?:^|\\r\\n)--${boundary.replace(/[=?]/g, '\\$&')}(?:--)?\\r\\n`))
  return { type, entity, signature }
}

const OPENPGP = await generateKey({ userIDs: [{ name: 'The centre', email: 'centre@example.org' }], format: 'armored' })

test('an OpenPGP signature over the whole text holds, under DKIM that goes on last', async () => {
  const { bytes } = await sent({ ...DKIM, MAIL_SIGNING: 'openpgp', MAIL_SIGNING_KEY_FILE: file('openpgp.asc', OPENPGP.privateKey) })
  const { type, entity, signature } = signedParts(bytes)
  assert.match(type, /micalg=pgp-sha512/)
  assert.match(type, /protocol="application\/pgp-signature"/)
  const armored = signature.slice(signature.indexOf('-----BEGIN'))
  const holds = async (text: string) => {
    const { signatures } = await verify({
      message: await createMessage({ binary: Buffer.from(text, 'latin1') }),
      signature: await readSignature({ armoredSignature: armored }),
      verificationKeys: await readKey({ armoredKey: OPENPGP.publicKey }),
    })
    return signatures[0]?.verified.catch(() => false)
  }
  assert.equal(await holds(entity), true)
  assert.equal(await holds(entity.replace('hidden', 'hiddem')), false)
  assert.deepEqual(await dkimResults(bytes), ['one: pass', 'two: pass'])
  assert.equal((await PostalMime.parse(bytes)).text?.trimEnd(), MESSAGE.text.trimEnd())
})

function certificate(kind: readonly string[], name: string) {
  const [key, own] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)]
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      ...kind,
      '-nodes',
      '-keyout',
      key,
      '-out',
      own,
      '-days',
      '2',
      '-subj',
      '/CN=The centre',
      '-addext',
      'subjectAltName=email:centre@example.org',
      '-addext',
      'extendedKeyUsage=emailProtection',
    ],
    { stdio: 'ignore' },
  )
  return { key, own }
}

for (const [name, kind] of [
  ['rsa', ['rsa:2048']],
  ['p256', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
] as const) {
  test(
    `an S/MIME signature (${name}) is taken by OpenSSL, and not once the text is changed`,
    { skip: hasOpenSsl ? false : 'openssl is not here' },
    async () => {
      const { key, own } = certificate(kind, name)
      const { bytes } = await sent({ ...DKIM, MAIL_SIGNING: 'smime', MAIL_SIGNING_KEY_FILE: key, MAIL_SIGNING_CERTIFICATE_FILE: own })
      const check = (text: string) =>
        promisify(execFile)('openssl', ['smime', '-verify', '-CAfile', own, '-in', file('signed.eml', text)]).then(
          ({ stdout }) => stdout,
          () => null,
        )
      const text = bytes.toString('latin1')
      assert.match((await check(text)) ?? '', /two {2}spaces/)
      assert.equal(await check(text.replace('hidden', 'hiddem')), null)
      assert.match(signedParts(bytes).type, /micalg=sha-256/)
      assert.deepEqual(await dkimResults(bytes), ['one: pass', 'two: pass'])
    },
  )
}

test(
  'an outside command signs, is read by no shell, and a failure of it keeps the message for later',
  { skip: hasOpenSsl ? false : 'openssl is not here' },
  async () => {
    const { key, own } = certificate(['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], 'outside')
    const command = ['openssl', 'cms', '-sign', '-binary', '-outform', 'DER', '-md', 'sha256', '-signer', own, '-inkey', key]
    const { bytes } = await sent({ MAIL_SIGNING: 'smime', MAIL_SIGNING_COMMAND: JSON.stringify(command) })
    const checked = await promisify(execFile)('openssl', ['cms', '-verify', '-CAfile', own, '-in', file('outside.eml', bytes.toString('latin1'))])
    assert.match(checked.stdout, /two {2}spaces/)
    const broken = [
      ['/no/such/command'],
      [process.execPath, '-e', 'process.exit(3)'],
      [process.execPath, '-e', 'console.log("$(id)")'],
      ['openssl; id'],
    ]
    for (const argv of broken) {
      const { config } = readConfig({ MAIL_SIGNING: 'smime', MAIL_SIGNING_COMMAND: JSON.stringify(argv) })
      const transport = createMailTransport(sink.url, 'centre@example.org', { signing: await openSigning(config.mail, systemClock, {}) })
      const before = sink.messages.length
      const outcome = await transport.send(MESSAGE)
      assert.ok(!outcome.ok && !outcome.permanent, 'tried again later')
      assert.equal(sink.messages.length, before, 'and nothing went out unsigned')
      transport.close()
    }
  },
)

test('settings of keys that do not fit together are refused by name', () => {
  const faults: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
    [{ DKIM_DOMAIN: 'example.org' }, /DKIM_DOMAIN/],
    [{ DKIM_KEY_FILE: '/k', DKIM_SELECTOR: 's' }, /DKIM_DOMAIN/],
    [{ ...DKIM, DKIM_ED25519_SELECTOR: 'one' }, /must differ/],
    [{ MAIL_SIGNING: 'openpgp' }, /MAIL_SIGNING_KEY_FILE or MAIL_SIGNING_COMMAND/],
    [{ MAIL_SIGNING_KEY_FILE: '/k' }, /openpgp or smime/],
    [{ MAIL_SIGNING: 'smime', MAIL_SIGNING_KEY_FILE: '/k' }, /MAIL_SIGNING_CERTIFICATE_FILE/],
    [{ MAIL_SIGNING: 'smime', MAIL_SIGNING_COMMAND: 'gpg --sign' }, /JSON list/],
    [{ BOUNCE_LISTEN: 'smtp://127.0.0.1:2525' }, /MAIL_BOUNCE_ADDRESS/],
    [{ MAIL_BOUNCE_ADDRESS: 'far-too-long@example.org' }, /at most 9/],
  ]
  for (const [env, words] of faults) assert.throws(() => readConfig(env), words)
})
