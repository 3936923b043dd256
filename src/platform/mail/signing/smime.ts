import { createHash, createPrivateKey, sign as signBytes, X509Certificate, type KeyObject } from 'node:crypto'
import * as asn1 from 'asn1js'
import {
  AlgorithmIdentifier,
  Attribute,
  Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
} from 'pkijs'
import { Invalid, Unavailable } from '../../../kernel/errors.ts'
import type { Clock } from '../../clock/clock.ts'
import { smimePart, type DetachedSigner } from './signer.ts'

const OID = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  sha256: '2.16.840.1.101.3.4.2.1',
  rsa: '1.2.840.113549.1.1.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
} as const

/** What `micalg` calls a hash (RFC 8551 §3.5.3.2). */
const HASH_NAMES: Readonly<Record<string, string>> = {
  [OID.sha256]: 'sha-256',
  '2.16.840.1.101.3.4.2.2': 'sha-384',
  '2.16.840.1.101.3.4.2.3': 'sha-512',
}

/**
 * Signs with a certificate of ours (RFC 8551, RFC 5652 §5: SHA-256, signed attributes, the chain included). `certificates` is PEM, ours first,
 * then those above it. Throws `Invalid` when key and certificate cannot be read or do not belong together.
 */
export function smimeSigner(privateKey: string, certificates: string, clock: Clock): DetachedSigner {
  const key = readKey(privateKey)
  const chain = readChain(certificates, key)
  const [own] = chain
  if (own === undefined) throw new Invalid('platform.mail.signing-certificate', 'The file of the S/MIME certificate holds none. It must be PEM.')
  return {
    kind: 'smime',
    async sign(entity) {
      const attributes = signedAttributes(entity, clock.now())
      const signature = await signAsync(attributes.encodedValue, key)
      return { part: smimePart(signedData(chain, own, key, attributes, signature)), micalg: HASH_NAMES[OID.sha256] ?? '' }
    },
  }
}

/** A detached CMS signature in DER as a part, with the hash that it really uses. Throws `Unavailable` when it is none: a command may print anything. */
export function describeSmime(der: Buffer): Awaited<ReturnType<DetachedSigner['sign']>> {
  try {
    const content = ContentInfo.fromBER(der)
    const signed = new SignedData({ schema: content.content })
    const micalg = HASH_NAMES[signed.signerInfos[0]?.digestAlgorithm.algorithmId ?? '']
    if (content.contentType === OID.signedData && signed.encapContentInfo.eContent === undefined && micalg !== undefined)
      return { part: smimePart(der), micalg }
  } catch {
    // It is said below what is wanted.
  }
  throw new Unavailable(
    'platform.mail.signature',
    'What was given for an S/MIME signature is not a detached CMS signature in DER with SHA-256 or better.',
  )
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    throw new Invalid('platform.mail.signing-key', 'The S/MIME key cannot be read. It must be a private key in PEM, without a passphrase.')
  }
}

function readChain(pem: string, key: KeyObject): readonly Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    const read = blocks.map(block => new X509Certificate(block))
    if (read[0]?.checkPrivateKey(key) === false)
      throw new Invalid(
        'platform.mail.signing-certificate',
        'The first S/MIME certificate is not that of the key. Put ours first, then those above it.',
      )
    return read.map(({ raw }) => Certificate.fromBER(raw))
  } catch (error) {
    if (error instanceof Invalid) throw error
    throw new Invalid('platform.mail.signing-certificate', 'The S/MIME certificates cannot be read. They must be PEM, ours first.')
  }
}

/** RFC 5652 §11.1 to §11.3. What is signed is their DER as a SET, though they stand in the message under a tag of their own (§5.4). */
function signedAttributes(entity: Buffer, now: Date): SignedAndUnsignedAttributes {
  const attributes = [
    new Attribute({ type: OID.contentType, values: [new asn1.ObjectIdentifier({ value: OID.data })] }),
    new Attribute({ type: OID.signingTime, values: [new asn1.UTCTime({ valueDate: now })] }),
    new Attribute({
      type: OID.messageDigest,
      values: [new asn1.OctetString({ valueHex: arrayBufferOf(createHash('sha256').update(entity).digest()) })],
    }),
  ]
  const inOrder = attributes
    .map(attribute => ({ attribute, der: Buffer.from(attribute.toSchema().toBER()) }))
    .toSorted((one, other) => Buffer.compare(one.der, other.der))
    .map(({ attribute }) => attribute)
  const set = new asn1.Set({ value: inOrder.map(attribute => attribute.toSchema()) })
  return new SignedAndUnsignedAttributes({ type: 0, attributes: inOrder, encodedValue: set.toBER() })
}

function signedData(
  chain: readonly Certificate[],
  own: Certificate,
  key: KeyObject,
  signedAttrs: SignedAndUnsignedAttributes,
  signature: Buffer,
): Uint8Array {
  const digestAlgorithm = new AlgorithmIdentifier({ algorithmId: OID.sha256, algorithmParams: new asn1.Null() })
  const signer = new SignerInfo({
    version: 1,
    sid: new IssuerAndSerialNumber({ issuer: own.issuer, serialNumber: own.serialNumber }),
    digestAlgorithm,
    signedAttrs,
    signatureAlgorithm:
      key.asymmetricKeyType === 'ec'
        ? new AlgorithmIdentifier({ algorithmId: OID.ecdsaWithSha256 })
        : new AlgorithmIdentifier({ algorithmId: OID.rsa, algorithmParams: new asn1.Null() }),
    signature: new asn1.OctetString({ valueHex: arrayBufferOf(signature) }),
  })
  const signed = new SignedData({
    version: 1,
    digestAlgorithms: [digestAlgorithm],
    encapContentInfo: new EncapsulatedContentInfo({ eContentType: OID.data }),
    certificates: [...chain],
    signerInfos: [signer],
  })
  return new Uint8Array(new ContentInfo({ contentType: OID.signedData, content: signed.toSchema(true) }).toSchema().toBER())
}

function signAsync(attributes: ArrayBuffer, key: KeyObject): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    signBytes('sha256', Buffer.from(attributes), key, (error, signature) => (error === null ? resolve(signature) : reject(error)))
  })
}

function arrayBufferOf(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}
