import { z } from 'zod'
import type { Problem } from '../../../../kernel/problem.ts'
import { refusalOf } from '../../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { SYSTEM, type Actor } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork } from '../../../../platform/work/work.ts'
import { bulletinNumber, mailsContent } from '../../bulletins/model.ts'
import { bulletinById, type Bulletin } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { textOf } from '../fields.ts'
import type { GivenAnswer } from '../model.ts'
import { answerSignature, decisionOf } from './commands.ts'
import { parseSignatureToken, SIGNATURE_PURPOSE, signedText } from './model.ts'
import { linkedSignature, type LinkedSignature } from './queries.ts'

/**
 * Signing a decision from the link in a message, without an account.
 *
 * Opening a link changes nothing: mail scanners open every link, and may press what they find. Only the form on its page signs, with the
 * name of whoever was asked typed into it.
 */
const TokenParams = z.object({ token: z.string().max(300) })
const PUBLIC = {
  public: 'The link is signed, for one contact and one decision to its letter, runs out and is used once: it stands in for signing in.',
}

// From one network address, by which many organisations may go out: as for answers.
const OPENED_A_MINUTE = 1_200
const SIGNED_A_MINUTE = 120

interface Opened {
  readonly token: string
  readonly asked: LinkedSignature
}

const showDecision = route({
  method: 'GET',
  path: '/sign/:token',
  access: PUBLIC,
  perMinute: OPENED_A_MINUTE,
  params: TokenParams,
  async handle(request) {
    const opened = await open(request, request.params.token)
    return opened === undefined ? unknownLink() : decisionPage(request, opened)
  },
})

const signDecision = route({
  method: 'POST',
  path: '/sign/:token',
  access: PUBLIC,
  perMinute: SIGNED_A_MINUTE,
  params: TokenParams,
  async handle(request) {
    const opened = await open(request, request.params.token)
    if (opened === undefined) return unknownLink()
    const { body } = request
    const outcome = textOf(body, 'outcome')
    if (outcome !== 'signed' && outcome !== 'declined') return decisionPage(request, opened)
    try {
      await runWork<Visible, void>(
        request.platform,
        signerActor(opened.asked),
        work => answerSignature(work, opened.asked, { outcome, name: textOf(body, 'name'), words: textOf(body, 'words') }),
        request.requestId,
      )
    } catch (error) {
      const problem = refusalOf(error, 'name')
      const again = await open(request, opened.token)
      return again === undefined ? unknownLink() : decisionPage(request, again, [problem])
    }
    return redirect(`/sign/${opened.token}`, {
      notice: outcome === 'signed' ? 'Thank you. Your signature is recorded.' : 'Recorded: you do not agree. Whoever asked you sees it.',
    })
  },
})

/** What the token stands for; `undefined` when it is not ours, was cut, or belongs to another decision. They look the same from outside. */
async function open(request: RouteRequest, token: string): Promise<Opened | undefined> {
  const parsed = parseSignatureToken(token)
  if (parsed === undefined) return undefined
  const asked = await readAs<Visible, LinkedSignature | undefined>(request.platform, SYSTEM, db =>
    linkedSignature(db, parsed.link.signatureId, request.now),
  )
  if (asked === undefined) return undefined
  const isOurs = request.platform.signer.verify(SIGNATURE_PURPOSE, signedText(parsed.text, asked.decisionHash), parsed.signature)
  return isOurs ? { token, asked: parsed.link.generation === asked.generation ? asked : { ...asked, state: 'revoked' } } : undefined
}

/** Whoever holds the link acts as the contact who was asked, for that one organisation, and may do nothing else. */
function signerActor({ contactId, contactName, organisationId }: LinkedSignature): Actor {
  return {
    kind: 'contact',
    id: contactId,
    name: contactName,
    role: null,
    organisationId,
    scope: { kind: 'organisation', organisationId },
    permissions: new Set(),
  }
}

async function decisionPage(request: RouteRequest, { token, asked }: Opened, problems: readonly Problem[] = []): Promise<Reply> {
  const isReadable = asked.state === 'asked' || asked.state === 'signed' || asked.state === 'declined'
  const { bulletin, decision } = await readAs<Visible, { bulletin: Bulletin; decision: GivenAnswer | null }>(
    request.platform,
    signerActor(asked),
    async db => ({
      bulletin: await bulletinById(db, asked.bulletinId),
      // What replaced the decision was not shown to whoever was asked about this one.
      decision: isReadable ? ((await decisionOf({ db }, asked.bulletinId, asked.organisationId))?.decision ?? null) : null,
    }),
  )
  const number = bulletinNumber(bulletin.number)
  const model = {
    number,
    tlp: bulletin.tlp,
    title: mailsContent(bulletin.tlp) ? bulletin.title : null,
    action: `/sign/${token}`,
    asked,
    decision,
    name: {
      name: 'name',
      label: 'Type your name to confirm',
      kind: 'text',
      hint: asked.contactName,
      autocomplete: 'name',
      value: textOf(request.body, 'name'),
      error: problems[0]?.message,
    },
    words: {
      name: 'words',
      label: 'Words for whoever decided',
      kind: 'textarea',
      rows: 3,
      optional: true,
      maxlength: 2_000,
      value: textOf(request.body, 'words'),
    },
  }
  const status = problems.length > 0 ? 422 : isReadable ? 200 : 410
  return page('broadcast/responses/signing/views/sign.njk', `A decision about ${number}`, model, {
    problems,
    status,
    isExercise: bulletin.isExercise,
  })
}

function unknownLink(): Reply {
  return page('broadcast/responses/views/link-unknown.njk', 'This link to sign does not work', { isToSign: true }, { status: 404 })
}

export const signingRoutes: readonly Route[] = [showDecision, signDecision]
