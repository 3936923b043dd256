import { z } from 'zod'
import { instant } from '../../../../platform/http/api-schemas.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { GivenAnswer } from '../../api.ts'
import type { Visible } from '../../tables.ts'
import { askedAnswer, askedBy, askedHead, ofAsked, placeOf } from '../api.ts'
import type { Asked } from '../asked.ts'
import { answersOf } from '../queries.ts'
import { chooseSharing, shareAnswer } from '../sharing/commands.ts'
import { sharesDetail } from '../sharing/queries.ts'
import { askSignature, revokeSignature } from '../signing/commands.ts'
import { readAskView } from '../signing/read-ask.ts'

const Decision = z.object({
  ...askedHead,
  answers: z.array(GivenAnswer).describe('Newest first'),
  sharesDetail: z.boolean(),
  missing: z.array(z.string()).describe('Whose signature the policy asks for and nobody has been asked for'),
  signatures: z.array(
    z.object({
      id: z.string(),
      responseId: z.string(),
      signer: z.string(),
      title: z.string(),
      contactId: z.string(),
      name: z.string().nullable(),
      state: z.enum(['asked', 'signed', 'declined', 'expired', 'revoked', 'void']),
      askedAt: instant,
      answeredAt: instant.nullable(),
      expiresAt: instant,
      words: z.string().nullable(),
    }),
  ),
})

type Asking = Parameters<typeof askedBy>[1] & { readonly now: Date }

async function answer(db: Reader<Visible>, request: Asking, asked: Asked): Promise<z.input<typeof Decision>> {
  const { bulletinId, organisationId } = placeOf(asked)
  const { missing, lines } = await readAskView(db, request.actor, placeOf(asked), {}, request.now)
  return {
    ...askedAnswer(asked),
    answers: [...(await answersOf(db, bulletinId, organisationId))],
    sharesDetail: await sharesDetail(db, organisationId),
    missing,
    signatures: [...lines],
  }
}

const show = operation({
  id: 'getDecision',
  summary: 'Read the newest answer in full: its detail, who signed it, and who may read that',
  method: 'GET',
  path: '/api/v1/bulletins/:number/decision',
  page: 'GET /bulletins/:number/decision',
  access: { permission: 'broadcast.response.answer' },
  ...ofAsked,
  answer: Decision,
  read: async (db: Reader<Visible>, request) => answer(db, request, await askedBy(db, request)),
})

/** What changes the decision's surroundings by one command, and answers how it stands then. */
function change<B extends z.ZodType>(
  id: string,
  summary: string,
  verb: string,
  permission: string,
  body: B,
  run: (work: Work<Visible>, asked: Asked, given: z.infer<B>, request: Asking) => Promise<void>,
): Route {
  return operation({
    id,
    summary,
    method: 'POST',
    path: `/api/v1/bulletins/:number/decision/${verb}`,
    page: `POST /bulletins/:number/decision/${verb}`,
    access: { permission },
    ...ofAsked,
    body,
    answer: Decision,
    async write(work: Work<Visible>, request) {
      const asked = await askedBy(work.db, request)
      await run(work, asked, request.body, request)
      return answer(work.db, request, asked)
    },
  })
}

const share = z.object({ share: z.boolean() })

export const decisionOperations: readonly Route[] = [
  show,
  change(
    'askSignature',
    'Ask a contact to sign the newest decision, by a mailed link',
    'ask',
    'broadcast.response.answer',
    z.object({ contact: z.string().max(60), signer: z.string().max(60).default('other').describe('A signer of the policy, or other') }),
    async (work, asked, { contact, signer }, request) => {
      const { signerOf } = await readAskView(work.db, request.actor, placeOf(asked), {}, request.now)
      await askSignature(work, { ...placeOf(asked), contactId: contact, ...signerOf(signer) })
    },
  ),
  change(
    'revokeSignature',
    'Take a request for a signature back: its link works no more',
    'revoke',
    'broadcast.response.answer',
    z.object({ signature: z.string().max(60) }),
    (work, asked, { signature }) => revokeSignature(work, { ...placeOf(asked), signatureId: signature }),
  ),
  change(
    'shareAnswer',
    'Open the detail of the newest answer to the centre, or close it',
    'share',
    'broadcast.response.share',
    share,
    (work, asked, given) => shareAnswer(work, asked.bulletin.id, asked.recipient.organisationId, given.share),
  ),
  change(
    'chooseSharing',
    'Say whether the detail of answers is shared from here on',
    'share-all',
    'broadcast.response.share',
    share,
    (work, asked, given) => chooseSharing(work, asked.recipient.organisationId, given.share),
  ),
]
