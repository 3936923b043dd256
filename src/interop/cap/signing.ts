import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, X509Certificate, type KeyObject } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SignedXml } from 'xml-crypto'
import { Invalid } from '../../kernel/errors.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Platform } from '../../platform/platform.ts'

/** What signs alerts. */
export interface CapKey {
  readonly privateKey: KeyObject
  /** PEM; `null` in the sample, where the bare key stands in the signature. */
  readonly certificate: string | null
  readonly validUntil: Instant | null
}

const FEWEST_BITS = 2_048
const SAMPLE_KEY = 'cap-sample-key.pem'
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'

/**
 * Opens the key that the configuration names; `null` without one, save in the sample, which makes itself one. Throws `Invalid`, saying which
 * setting is wrong. XML-DSig asks of everybody RSA with SHA-256 (XMLDSig 1.1 §6.4.1), so the key is one of RSA.
 */
export async function openCapKey({ config, sample }: Pick<Platform, 'config' | 'sample'>): Promise<CapKey | null> {
  const { signing } = config.cap
  if (signing === null) return sample ? { privateKey: await sampleKey(config.dataFolder), certificate: null, validUntil: null } : null
  const privateKey = readKey(await readFileOf('CAP_SIGNING_KEY_FILE', signing.keyFile))
  const pem = await readFileOf('CAP_SIGNING_CERTIFICATE_FILE', signing.certificateFile)
  const certificate = readCertificate(pem)
  if (!certificate.checkPrivateKey(privateKey))
    throw new Invalid('interop.cap.certificate', 'CAP_SIGNING_CERTIFICATE_FILE is not the certificate of the key in CAP_SIGNING_KEY_FILE.')
  return { privateKey, certificate: certificate.toString(), validUntil: certificate.validToDate }
}

/** The certificate by which signatures are checked, in PEM; `null` without one. The key itself is not read. */
export async function publishedCertificate({ config }: Pick<Platform, 'config'>): Promise<string | null> {
  const { signing } = config.cap
  return signing === null ? null : readCertificate(await readFileOf('CAP_SIGNING_CERTIFICATE_FILE', signing.certificateFile)).toString()
}

/** Signs an alert with an enveloped signature (CAP 1.2 §3.3.2.1), over the whole of it. */
export function signAlert(xml: string, { privateKey, certificate }: CapKey): string {
  const signer = new SignedXml({
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ...(certificate === null ? { getKeyInfoContent: () => keyValue(privateKey) } : { publicCert: certificate }),
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    canonicalizationAlgorithm: EXCLUSIVE,
  })
  signer.addReference({
    xpath: '/*',
    uri: '',
    isEmptyUri: true,
    transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', EXCLUSIVE],
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
  })
  signer.computeSignature(xml, { prefix: 'ds', location: { reference: '/*', action: 'append' } })
  return signer.getSignedXml()
}

function keyValue(privateKey: KeyObject): string {
  const { n = '', e = '' } = createPublicKey(privateKey.export({ type: 'pkcs8', format: 'pem' })).export({ format: 'jwk' })
  const base64 = (text: string) => Buffer.from(text, 'base64url').toString('base64')
  return `<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>${base64(n)}</ds:Modulus><ds:Exponent>${base64(e)}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>`
}

function readKey(pem: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw new Invalid('interop.cap.key', 'The key in CAP_SIGNING_KEY_FILE cannot be read. It must be a private key in PEM, without a passphrase.')
  }
  if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < FEWEST_BITS)
    throw new Invalid('interop.cap.key-kind', `The key in CAP_SIGNING_KEY_FILE must be an RSA key of ${FEWEST_BITS} bits or more.`)
  return key
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw new Invalid('interop.cap.certificate', 'The certificate in CAP_SIGNING_CERTIFICATE_FILE cannot be read. It must be PEM.')
  }
}

function readFileOf(setting: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw new Invalid('interop.cap.key-file', `${setting} names a file that is not there or cannot be read by this process.`)
  })
}

/** Invented data needs no secret: the key lies open in the data folder, and every process of the sample finds the same. */
async function sampleKey(dataFolder: string): Promise<KeyObject> {
  const path = join(dataFolder, SAMPLE_KEY)
  const known = await readFile(path, 'utf8').catch(() => null)
  if (known !== null) return createPrivateKey(known)
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: FEWEST_BITS })
  const draft = `${path}.${process.pid}.${randomUUID()}`
  await mkdir(dataFolder, { recursive: true, mode: 0o700 })
  try {
    await writeFile(draft, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' })
    await link(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
  return createPrivateKey(await readFile(path, 'utf8'))
}
