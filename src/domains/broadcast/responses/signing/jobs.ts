import { Unavailable } from '../../../../kernel/errors.ts'
import { handles } from '../../../../platform/jobs/job.ts'
import type { Platform } from '../../../../platform/platform.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { bulletinById, type Bulletin } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { ASK_SIGNATURE, SIGNATURE_PURPOSE, signatureLinkText, signedText } from './model.ts'
import { linkedSignature, type LinkedSignature } from './queries.ts'
import { signatureLetter } from './views.ts'

export const askSignatureJob = handles<Platform, { signatureId: string; generation: number }>(ASK_SIGNATURE, {
  purpose: 'Mails the link by which somebody signs a decision of their organisation',
  retries: 6,
  retryAfterSeconds: 30,
  expireAfterSeconds: 120,
  isUrgent: true,
  handle: (platform, { signatureId, generation }) => send(platform, signatureId, generation),
})

async function send(platform: Platform, signatureId: string, generation: number): Promise<void> {
  const found = await readAs<Visible, { asked: LinkedSignature; bulletin: Bulletin } | undefined>(platform, SYSTEM, async db => {
    const asked = await linkedSignature(db, signatureId, platform.clock.now())
    return asked === undefined ? undefined : { asked, bulletin: await bulletinById(db, asked.bulletinId) }
  })
  // Taken back, changed or answered before its turn came: there is nothing to ask for any more.
  const address = found?.asked.address ?? null
  if (found === undefined || found.asked.generation !== generation || found.asked.state !== 'asked' || address === null) return
  const { asked, bulletin } = found
  const text = signatureLinkText({ signatureId: asked.id, generation, expiresAt: asked.expiresAt })
  const link = `${platform.config.baseUrl}/sign/${text}.${platform.signer.sign(SIGNATURE_PURPOSE, signedText(text, asked.decisionHash))}`
  const outcome = await platform.mail.send(signatureLetter(platform.views, bulletin, { ...asked, address }, link, platform.config.baseUrl))
  if (!outcome.ok && !outcome.permanent)
    throw new Unavailable('broadcast.signature.not-sent', 'The mail server did not take the message that asks for a signature.')
}
