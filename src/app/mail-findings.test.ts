import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readConfig } from '../platform/config/config.ts'
import { mailFindings } from './mail-findings.ts'

const folder = await mkdtemp(join(tmpdir(), 'carecert-doctor-'))
after(() => rm(folder, { recursive: true }))
const keyFile = join(folder, 'dkim.pem')
const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
await writeFile(keyFile, pem, { mode: 0o600 })

const DKIM = { MAIL_FROM: 'centre@mail.example.org', DKIM_DOMAIN: 'example.org', DKIM_ED25519_SELECTOR: 'two', DKIM_ED25519_KEY_FILE: keyFile }

async function told(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const findings = await mailFindings(readConfig(env).config, { PATH: process.env['PATH'] ?? '' })
  return findings.map(({ verdict, words }) => `${verdict}: ${words}`)
}

test('a key that can be used comes with the record to publish, and never with itself', async () => {
  const [dkim = ''] = await told(DKIM)
  assert.match(dkim, /^good: .*TXT record: two\._domainkey\.example\.org "v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}="$/)
  const secret = pem.split('\n')[1] ?? ''
  assert.ok(!JSON.stringify(await told(DKIM)).includes(secret))
})

test('a key that is missing, open to others or of another domain is said to be so', async () => {
  assert.match(
    (await told({ ...DKIM, DKIM_ED25519_KEY_FILE: join(folder, 'none') }))[0] ?? '',
    /^bad: DKIM_ED25519_KEY_FILE names a file that is not there/,
  )
  assert.match((await told({ ...DKIM, MAIL_FROM: 'centre@other.example' }))[1] ?? '', /^bad: MAIL_FROM is not at DKIM_DOMAIN/)
  await chmod(keyFile, 0o644)
  assert.match((await told(DKIM))[0] ?? '', /^bad: Others on this machine can read/)
  await chmod(keyFile, 0o600)
})

const hasOpenSsl = spawnSync('openssl', ['version']).status === 0

test('a certificate that runs out, or names another address, is said to', { skip: hasOpenSsl ? false : 'openssl is not here' }, async () => {
  const [key, own] = [join(folder, 'smime.key'), join(folder, 'smime.crt')]
  const make = (days: string) =>
    spawnSync(
      'openssl',
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${key} -out ${own} -days ${days} -subj /CN=Centre -addext subjectAltName=email:centre@example.org`.split(
        ' ',
      ),
    )
  const env = { MAIL_FROM: 'centre@example.org', MAIL_SIGNING: 'smime', MAIL_SIGNING_KEY_FILE: key, MAIL_SIGNING_CERTIFICATE_FILE: own }
  make('90')
  assert.match((await told(env))[2] ?? '', /^good: It holds until \d{4}-/)
  assert.match((await told({ ...env, MAIL_FROM: 'other@example.org' }))[2] ?? '', /^bad: It does not name other@example\.org/)
  make('5')
  assert.match((await told(env))[2] ?? '', /^caution: .*Renew it now/)
})

test('a signing command is tried, and what nobody reads is named', async () => {
  const broken = await told({ MAIL_SIGNING: 'openpgp', MAIL_SIGNING_COMMAND: '["false"]' })
  assert.match(broken[1] ?? '', /^bad: The signing command gave no signature/)
  assert.match(broken[2] ?? '', /^caution: Nobody reads what comes back/)
  assert.match(
    (await told({ MAIL_BOUNCE_ADDRESS: 'bounce@example.org' }))[2] ?? '',
    /^caution: Bounces go to bounce@example\.org, and nothing reads them/,
  )
})
