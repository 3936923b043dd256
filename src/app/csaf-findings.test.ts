import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createMessage, encryptKey, generateKey, readKey, readPrivateKey, readSignature, verify } from 'openpgp'
import { openDocumentSigner } from '../interop/csaf-provider/signing.ts'
import { readConfig } from '../platform/config/config.ts'
import { csafFindings } from './csaf-findings.ts'

const folder = await mkdtemp(join(tmpdir(), 'carecert-csaf-keys-'))
after(() => rm(folder, { recursive: true }))
const NOW = new Date('2026-11-20T09:00:00Z')
const clock = { now: () => NOW }
const DAY = 86_400

async function keyFile(name: string, options: { days?: number; v6?: boolean; passphrase?: string } = {}): Promise<string> {
  const { privateKey, publicKey } = await generateKey({
    type: options.v6 === true ? 'curve25519' : 'ecc',
    userIDs: [{ name: 'Centre' }],
    date: NOW,
    ...(options.days === undefined ? {} : { keyExpirationTime: options.days * DAY }),
    ...(options.v6 === true ? { config: { v6Keys: true } } : {}),
    format: 'armored',
  })
  const locked =
    options.passphrase === undefined
      ? privateKey
      : (await encryptKey({ privateKey: await readPrivateKey({ armoredKey: privateKey }), passphrase: options.passphrase })).armor()
  await writeFile(join(folder, `${name}.pub`), publicKey)
  await writeFile(join(folder, name), locked, { mode: 0o600 })
  return join(folder, name)
}

const config = (env: Readonly<Record<string, string>>) =>
  readConfig({ BASE_URL: 'https://centre.example', CSAF_PUBLISHER_NAMESPACE: 'https://centre.example', PATH: process.env['PATH'] ?? '', ...env })
    .config
async function told(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  return (await csafFindings(config(env), clock)).map(({ verdict, words }) => `${verdict}: ${words}`)
}

test('without a key it is said what is missing for a trusted provider, and without TLS too', async () => {
  assert.match((await told({})).join('\n'), /^caution: Documents are not signed, so this is a CSAF provider and not a trusted one/)
  assert.match(
    (await told({ BASE_URL: 'http://centre.example' })).join('\n'),
    /^caution: Documents must not go from one organisation to another without TLS/,
  )
  assert.equal((await told({ BASE_URL: 'http://localhost:8080' })).length, 1)
  assert.match(
    (await told({ CSAF_PUBLISHER_NAMESPACE: '' })).at(-1) ?? '',
    /^caution: Documents are issued in the name of CareCERT, and known by BASE_URL/,
  )
})

test('the sample makes itself a key, and finds the same again', async () => {
  const sample = config({ CARECERT_DATA: join(folder, 'sample') })
  const made = await openDocumentSigner({ config: sample, clock, sample: true })
  assert.equal((await openDocumentSigner({ config: sample, clock, sample: true }))?.fingerprint, made?.fingerprint)
  assert.match((await told({ CARECERT_DATA: join(folder, 'sample') })).join('\n'), /^good: The sample signs by a key of its own/)
})

test('a key that can be used is said to hold, or to end', async () => {
  assert.match(
    (await told({ CSAF_SIGNING_KEY_FILE: await keyFile('endless') })).join('\n'),
    /^good: A trial was signed by the key [0-9A-F]{40}\. .* It has no end\.$/,
  )
  assert.match((await told({ CSAF_SIGNING_KEY_FILE: await keyFile('long', { days: 400 }) })).join('\n'), /^good: .*It holds until 2027-12-25\.$/)
  assert.match((await told({ CSAF_SIGNING_KEY_FILE: await keyFile('short', { days: 60 }) })).join('\n'), /^caution: .*ends on 2027-01-19/)
  assert.match((await told({ CSAF_SIGNING_KEY_FILE: await keyFile('shorter', { days: 20 }) })).join('\n'), /^bad: .*readers refuse/)
})

test('a key that cannot be used is refused, with what to do', async () => {
  assert.match((await told({ CSAF_SIGNING_KEY_FILE: join(folder, 'none') })).join('\n'), /^bad: CSAF_SIGNING_KEY_FILE names a file that is not there/)
  assert.match((await told({ CSAF_SIGNING_KEY_FILE: await keyFile('v6', { v6: true }) })).join('\n'), /^bad: .*not of version 4/)
  assert.match((await told({ CSAF_SIGNING_KEY_FILE: await keyFile('locked', { passphrase: 'x' }) })).join('\n'), /^bad: .*locked by a passphrase/)
  const open = await keyFile('open')
  await chmod(open, 0o644)
  assert.match((await told({ CSAF_SIGNING_KEY_FILE: open })).join('\n'), /^bad: Others on this machine can read/)
})

test('a command outside signs, is given no secret of ours, and is not believed', async () => {
  const secret = await keyFile('command')
  const script = join(folder, 'sign.mjs')
  await writeFile(
    script,
    `import { createMessage, readPrivateKey, sign } from ${JSON.stringify(import.meta.resolve('openpgp'))}
    import { readFileSync } from 'node:fs'
    if (process.env.CARECERT_SECRET !== undefined) process.exit(3)
    const signingKeys = await readPrivateKey({ armoredKey: readFileSync(process.argv[2], 'utf8') })
    const message = await createMessage({ binary: new Uint8Array(readFileSync(0)) })
    process.stdout.write(await sign({ message, signingKeys, detached: true, date: new Date('${NOW.toISOString()}') }))`,
  )
  const env = { CSAF_SIGNING_COMMAND: JSON.stringify([process.execPath, script, secret]), CARECERT_SECRET: 'x'.repeat(40) }
  const signer = await openDocumentSigner({ config: config({ ...env, CSAF_PUBLIC_KEY_FILE: `${secret}.pub` }), clock, sample: false })
  assert.ok(signer !== null)
  const bytes = Buffer.from('{"a": 1}\n')
  const { signatures } = await verify({
    message: await createMessage({ binary: bytes }),
    signature: await readSignature({ armoredSignature: await signer.sign(bytes) }),
    verificationKeys: await readKey({ armoredKey: signer.publicKey }),
    date: NOW,
  })
  assert.equal(await signatures[0]?.verified, true)
  const other = await keyFile('other')
  assert.match(
    (await told({ ...env, CSAF_PUBLIC_KEY_FILE: `${other}.pub` })).join('\n'),
    /^bad: What was given for a signature of a CSAF document is none/,
  )
})

test('settings that cannot go together are refused by name', () => {
  for (const env of [
    { CSAF_SIGNING_COMMAND: '["gpg"]' },
    { CSAF_SIGNING_COMMAND: 'gpg', CSAF_PUBLIC_KEY_FILE: 'x' },
    { CSAF_SIGNING_COMMAND: '["gpg"]', CSAF_PUBLIC_KEY_FILE: 'x', CSAF_SIGNING_KEY_FILE: 'y' },
    { CSAF_ROLLOVER: 'soon' },
    { CSAF_CONTACT: 'me' },
    { CSAF_AGGREGATORS: 'all' },
  ])
    assert.throws(() => config(env), /CSAF_/)
})
