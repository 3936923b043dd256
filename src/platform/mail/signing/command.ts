import { spawn } from 'node:child_process'
import { Unavailable } from '../../../kernel/errors.ts'
import { describeOpenPgp } from './openpgp.ts'
import type { DetachedSigner } from './signer.ts'
import { describeSmime } from './smime.ts'

const TIMEOUT_MILLIS = 20_000
const LARGEST_SIGNATURE_BYTES = 262_144

/**
 * Signs by a command outside, so that the key can stay where it is: in an agent, a card, a hardware security module. It is given the bytes
 * to sign on its standard input and prints the signature: armoured for OpenPGP (as `gpg --armor --detach-sign` does), CMS in DER for S/MIME
 * (as `openssl cms -sign -binary -outform DER` does). No shell reads it, and none of our secrets is in its environment.
 */
export function commandSigner(kind: DetachedSigner['kind'], argv: readonly string[], environment: Readonly<Record<string, string>>): DetachedSigner {
  return {
    kind,
    async sign(entity) {
      const printed = await runSigningCommand(argv, entity, environment)
      return kind === 'openpgp' ? describeOpenPgp(printed.toString('latin1')) : describeSmime(printed)
    },
  }
}

/** What a signing command prints for these bytes. Throws `Unavailable`. */
export function runSigningCommand([command = '', ...args]: readonly string[], input: Buffer, env: Readonly<Record<string, string>>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const failed = (detail: string) =>
      reject(
        new Unavailable(
          'platform.mail.signing-command',
          'The signing command gave no signature. Try it by hand; see MAIL_SIGNING_COMMAND and CSAF_SIGNING_COMMAND.',
          detail,
        ),
      )
    const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'], signal: AbortSignal.timeout(TIMEOUT_MILLIS), killSignal: 'SIGKILL' })
    const parts: Buffer[] = []
    let size = 0
    child.stdout.on('data', (part: Buffer) => {
      size += part.length
      if (size > LARGEST_SIGNATURE_BYTES) child.kill('SIGKILL')
      else parts.push(part)
    })
    child.on('error', error => failed(error.message))
    child.on('close', (code, signal) =>
      code === 0 && size > 0 ? resolve(Buffer.concat(parts)) : failed(`exit ${code ?? signal ?? ''}, ${size} bytes`),
    )
    // A command that does not read to the end says so by its exit code.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
