import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'

export interface CertificateFiles {
  readonly keyFile: string
  readonly certificateFile: string
}

/** An RSA key and a certificate of its own for two days, made by openssl; `null` where there is no openssl. Gone after the test file. */
export function makeCertificate(): CertificateFiles | null {
  const folder = mkdtempSync(join(tmpdir(), 'carecert-certificate-'))
  after(() => rm(folder, { recursive: true, force: true }))
  const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const asked = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    keyFile,
    '-out',
    certificateFile,
    '-days',
    '2',
    '-subj',
    '/CN=The centre',
  ]
  try {
    execFileSync('openssl', asked, { stdio: 'ignore' })
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return null
    throw error
  }
  return { keyFile, certificateFile }
}
