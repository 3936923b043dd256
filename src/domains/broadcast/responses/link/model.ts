import { addHours, type Instant } from '../../../../kernel/instant.ts'
import type { AnswerLink } from '../../deliveries/answer-link/model.ts'

/** What the signature of the page after an answer is for: whoever gave the answer goes on from there without a new message. */
export const NEXT_STEP_PURPOSE = 'answer-next-step'

/** For how long they may. */
const NEXT_STEP_HOURS = 1

/** Where an answer link stands. Only an open one takes an answer. */
export type LinkState = 'open' | 'spent' | 'replaced' | 'expired' | 'revoked'

/** What is signed for the page after an answer: the link's own part, and which answer it follows, so that each page takes one. */
export function nextStepText(linkText: string, uses: number): string {
  return `${linkText}.next.${uses}`
}

/** `isNextStep`: it is the address of the page after an answer, and not the link of the message. */
export function stateOfLink(
  link: AnswerLink & { readonly isNextStep: boolean },
  delivery: { readonly generation: number; readonly spentAt: Instant | null; readonly revokedAt: Instant | null },
  now: Instant,
): LinkState {
  if (delivery.revokedAt !== null) return 'revoked'
  if (link.generation !== delivery.generation) return 'replaced'
  if (link.isNextStep) return delivery.spentAt !== null && addHours(delivery.spentAt, NEXT_STEP_HOURS) > now ? 'open' : 'spent'
  if (delivery.spentAt !== null) return 'spent'
  return link.expiresAt <= now ? 'expired' : 'open'
}
