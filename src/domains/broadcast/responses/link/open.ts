import type { Instant } from '../../../../kernel/instant.ts'
import type { Platform } from '../../../../platform/platform.ts'
import { SYSTEM, type Actor } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { LINK_PURPOSE, parseLinkToken, type AnswerLink } from '../../deliveries/answer-link/model.ts'
import { linkedDelivery, type LinkedDelivery } from '../../deliveries/queries.ts'
import type { Visible } from '../../tables.ts'
import { NEXT_STEP_PURPOSE, nextStepText, stateOfLink, type LinkState } from './model.ts'

export interface Opened {
  readonly token: string
  /** The part of the token before its signature. */
  readonly text: string
  readonly link: AnswerLink & { readonly isNextStep: boolean }
  readonly delivery: LinkedDelivery
  readonly actor: Actor
  readonly state: LinkState
}

/** What the token stands for; `undefined` when it is not ours, was cut, or its contact has gone. The four look the same from outside. */
export async function openLink(
  { platform, now }: { readonly platform: Platform; readonly now: Instant },
  token: string,
): Promise<Opened | undefined> {
  const parsed = parseLinkToken(token)
  if (parsed === undefined) return undefined
  const { link, text, signature, isShort } = parsed
  const isOfMessage = isShort ? platform.signer.verifyShort(LINK_PURPOSE, text, signature) : platform.signer.verify(LINK_PURPOSE, text, signature)
  const delivery = await readAs<Visible, LinkedDelivery | undefined>(platform, SYSTEM, db => linkedDelivery(db, link.deliveryId), {
    isPrepared: true,
  })
  if (delivery === undefined) return undefined
  const known = isOfMessage ? { ...link, isNextStep: false } : { ...link, isNextStep: true }
  const actor = contactActor(delivery)
  if (isOfMessage) return { token, text, link: known, delivery, actor, state: stateOfLink(known, delivery, now) }
  // Of an answer before the last it is still ours: it says what is recorded, and takes nothing.
  for (let uses = delivery.uses; uses > Math.max(delivery.uses - MOST_STEPS, 0); uses -= 1) {
    if (!platform.signer.verify(NEXT_STEP_PURPOSE, nextStepText(text, uses), signature)) continue
    const state = uses === delivery.uses ? stateOfLink(known, delivery, now) : 'spent'
    return { token, text, link: known, delivery, actor, state }
  }
  return undefined
}

/** The pages before the last answer that are still known for ours. */
const MOST_STEPS = 20

/** The address of the page after an answer. */
export function nextStepAddress(platform: Platform, { text }: Opened, uses: number): string {
  return `/r/${text}.${platform.signer.sign(NEXT_STEP_PURPOSE, nextStepText(text, uses))}`
}

/** Whoever holds the link acts as the contact: for that one organisation, and to answer only. */
function contactActor({ contactId, contactName, organisationId }: LinkedDelivery): Actor {
  return {
    kind: 'contact',
    id: contactId,
    name: contactName,
    role: null,
    organisationId,
    scope: { kind: 'organisation', organisationId },
    permissions: new Set(['broadcast.response.answer']),
  }
}
