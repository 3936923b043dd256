import { randomUUID } from 'node:crypto'
import type { MailBody } from '../body.ts'

/** What signs the bytes of a MIME entity, by a key of ours or by a command outside. */
export interface DetachedSigner {
  readonly kind: 'openpgp' | 'smime'
  /** The signature over those bytes, and the hash that it uses as `micalg` names it (RFC 3156 §5, RFC 8551 §3.5.3.2). Throws `Unavailable`. */
  sign(entity: Buffer): Promise<{ readonly part: SignaturePart; readonly micalg: string }>
}

/** The second part of `multipart/signed`. */
interface SignaturePart {
  readonly contentType: string
  readonly fields: string
  /** With CRLF, at most 76 characters a line. */
  readonly content: string
}

const PROTOCOL = { openpgp: 'application/pgp-signature', smime: 'application/pkcs7-signature' } as const

/**
 * The body inside `multipart/signed` (RFC 1847 §2.1). All of it is signed, what is personal too: the link by which somebody answers is the first
 * thing that a forger would change, and mail programs show a signature only when it covers the whole message.
 */
export async function signBody(body: MailBody, signer: DetachedSigner): Promise<MailBody> {
  const entity = `Content-Type: ${body.contentType}\r\n\r\n${body.content}`
  const { part, micalg } = await signer.sign(Buffer.from(entity, 'latin1'))
  const boundary = `=_${randomUUID()}`
  return {
    contentType: `multipart/signed; micalg=${micalg}; protocol="${PROTOCOL[signer.kind]}"; boundary="${boundary}"`,
    content: `--${boundary}\r\n${entity}\r\n--${boundary}\r\nContent-Type: ${part.contentType}\r\n${part.fields}\r\n${part.content}\r\n--${boundary}--\r\n`,
    text: body.text,
    html: body.html,
  }
}

export function openPgpPart(armored: string): SignaturePart {
  return {
    contentType: `${PROTOCOL.openpgp}; name="signature.asc"`,
    fields: 'Content-Description: OpenPGP digital signature\r\nContent-Disposition: attachment; filename="signature.asc"\r\n',
    content: armored.trim().replace(/[ \t]*\r?\n/g, '\r\n'),
  }
}

export function smimePart(der: Uint8Array): SignaturePart {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,76}/g)
  return {
    contentType: `${PROTOCOL.smime}; name="smime.p7s"`,
    fields: 'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="smime.p7s"\r\n',
    content: (lines ?? []).join('\r\n'),
  }
}
