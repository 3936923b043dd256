import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createMessage, generateKey, readPrivateKey, sign } from 'openpgp'
import { openDocumentSigner } from './signing.ts'

type SigningPlatform = Parameters<typeof openDocumentSigner>[0]
type Signing = SigningPlatform['config']['csaf']['signing']

const folder = mkdtempSync(join(tmpdir(), 'carecert-signing-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const now = new Date('2026-11-01T09:00:00Z')
const made = new Date('2026-10-01T09:00:00Z')
const document = Buffer.from('{"document":{}}')

const version4 = await generateKey({ type: 'ecc', curve: 'ed25519Legacy', userIDs: [{ name: 'Centre' }], date: made, format: 'armored' })
const another = await generateKey({ type: 'ecc', curve: 'ed25519Legacy', userIDs: [{ name: 'Another' }], date: made, format: 'armored' })
const version6 = await generateKey({ type: 'curve25519', userIDs: [{ name: 'New' }], date: made, config: { v6Keys: true }, format: 'armored' })

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function open(signing: Signing) {
  const platform: { config: { csaf: { signing: Signing }; dataFolder: string }; clock: { now(): Date }; sample: boolean } = {
    config: { csaf: { signing }, dataFolder: folder },
    clock: { now: () => now },
    sample: false,
  }
  return openDocumentSigner(platform as SigningPlatform)
}

async function signatureBy(armoredKey: string, bytes: Uint8Array): Promise<string> {
  const signingKeys = await readPrivateKey({ armoredKey })
  return String(await sign({ message: await createMessage({ binary: bytes }), signingKeys, detached: true, date: made, format: 'armored' }))
}

/** A signing command that prints a text, whatever it is given. */
const printing = (text: string) =>
  open({
    kind: 'command',
    argv: [process.execPath, '-e', 'process.stdin.resume().on("end", () => process.stdout.write(process.env.PRINTED))'],
    publicKeyFile: write('public.asc', version4.publicKey),
    environment: { PRINTED: text },
  })

test('requirement 19: a key of version 6 is refused, which readers of RFC 4880 do not know, whether it signs or verifies', async () => {
  const refusal = { code: 'interop.csaf.key-version' }
  await assert.rejects(open({ kind: 'key', keyFile: write('v6.asc', version6.privateKey) }), refusal)
  const publicKeyFile = write('v6-public.asc', version6.publicKey)
  await assert.rejects(open({ kind: 'command', argv: ['true'], publicKeyFile, environment: {} }), refusal)
  const signer = await open({ kind: 'key', keyFile: write('v4.asc', version4.privateKey) })
  assert.match((await signer?.sign(document)) ?? '', /BEGIN PGP SIGNATURE/)
})

test('what a signing command prints is published only when it is a signature of these bytes by the key that is published with it', async () => {
  const good = await signatureBy(version4.privateKey, document)
  assert.equal(await (await printing(good))?.sign(document), good)
  const wrong = [
    ['by another key', await signatureBy(another.privateKey, document)],
    ['of other bytes', await signatureBy(version4.privateKey, Buffer.from('{}'))],
    ['no signature', 'Enter the passphrase:'],
    ['nothing', ''],
  ] as const
  for (const [why, text] of wrong) {
    const signer = await printing(text)
    assert.ok(signer)
    await assert.rejects(signer.sign(document), { code: /^interop\.csaf\.signature$|^platform\.mail\./ }, why)
  }
})
