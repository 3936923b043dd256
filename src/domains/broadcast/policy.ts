import { ALL_ROLES, CENTRE_ROLES, type Role } from '../../kernel/role.ts'

const AUTHORS: readonly Role[] = ['analyst', 'duty-manager', 'incident-commander']
const APPROVERS: readonly Role[] = ['duty-manager', 'incident-commander', 'cicso']
const RELEASERS: readonly Role[] = ['duty-manager', 'incident-commander']
const RESPONDERS: readonly Role[] = ['cyber-lead', 'board-member', 'partner-responder']
const WEBHOOK_KEEPERS: readonly Role[] = ['cyber-lead', 'partner-responder', 'administrator']
const OVERSEERS: readonly Role[] = [...CENTRE_ROLES, 'regional-lead']

/** Who may do what in this domain. What is not in the table, nobody may do. */
export const PERMISSIONS: Readonly<Record<string, readonly Role[]>> = {
  /** Bulletins in the reader's scope: for an organisation those released to it, and nothing else (row-level security). */
  'broadcast.bulletin.list': ALL_ROLES,
  'broadcast.bulletin.view': ALL_ROLES,
  /** Drafts, versions, reviews, and who wrote what. */
  'broadcast.bulletin.work': CENTRE_ROLES,
  'broadcast.bulletin.draft': AUTHORS,
  'broadcast.bulletin.approve': APPROVERS,
  'broadcast.bulletin.release': RELEASERS,
  'broadcast.bulletin.withdraw': RELEASERS,
  /** A holding statement, by one person, in the words of a template that others approved before. */
  'broadcast.bulletin.release-holding': RELEASERS,
  /** A bulletin that nobody else approved, by one person with a reason: reviewed after. */
  'broadcast.bulletin.release-alone': RELEASERS,
  /** Reviewing what one person released, and closing that review with what was found. */
  'broadcast.bulletin.review-after': APPROVERS,
  'broadcast.template.write': AUTHORS,
  'broadcast.template.approve': APPROVERS,
  /** Answering for an organisation is its own choice: nobody at the centre or a region holds it. */
  'broadcast.response.answer': RESPONDERS,
  /** What the centre may read of an organisation's answers is that organisation's own choice: not its partner's either. */
  'broadcast.response.share': ['cyber-lead', 'board-member'],
  /** Who holds a link to answer with, and taking links back. */
  'broadcast.response.links': [...RESPONDERS, ...RELEASERS],
  /** Answers in the reader's scope: an organisation's own, a region's, the sector's. */
  'broadcast.response.view': ALL_ROLES,
  /** Who acts, who is silent, who cannot be reached. */
  'broadcast.picture.view': OVERSEERS,
  /** Incidents reported before and after a bulletin. The centre alone sees every report, so it alone can count them. */
  'broadcast.impact.view': CENTRE_ROLES,
  'broadcast.impact.judge': AUTHORS,
  /** The ledger of messages, with addresses and the mail server's words. */
  'broadcast.delivery.view': CENTRE_ROLES,
  'broadcast.delivery.retry': RELEASERS,
  /** Taking in by hand what came back, which the worker does by itself. */
  'broadcast.bounce.read': ['duty-manager', 'administrator'],
  /** The webhooks of one's own organisation, their addresses and logs. Nobody sees or changes another's, the centre included. */
  'broadcast.webhook.view': WEBHOOK_KEEPERS,
  'broadcast.webhook.change': WEBHOOK_KEEPERS,
  'broadcast.audience.view': CENTRE_ROLES,
  'broadcast.audience.edit': AUTHORS,
  /** What one organisation may be told, whatever its type. */
  'broadcast.clearance.set': APPROVERS,
  /** Named sets of organisations that share among themselves: who belongs says who is told. */
  'broadcast.sharing-group.view': CENTRE_ROLES,
  'broadcast.sharing-group.set': APPROVERS,
  /** What happens about silence, and the telephone list. */
  'broadcast.chase.view': OVERSEERS,
  'broadcast.chase.set': RELEASERS,
  'broadcast.call.make': ['analyst', ...RELEASERS, 'regional-lead'],
  /** Saying of a national service whether it is safe to use: who releases bulletins says that too. */
  'broadcast.service.say': RELEASERS,
  'broadcast.service.manage': [...RELEASERS, 'administrator'],
}

/** The answer to "may they?": yes, or the stable code and the sentence of the no. */
export type Decision = { readonly ok: true } | { readonly ok: false; readonly code: string; readonly reason: string }

const YES: Decision = { ok: true }

/** As much of an actor as a decision needs. */
export interface PolicyActor {
  readonly id: string
  readonly permissions: ReadonlySet<string>
}

/**
 * Whether the actor may approve the newest version. Nobody approves what they wrote any part of: whoever drafted it or saved any of
 * its versions is an author (broadcast.md §2 row 15).
 */
export function canApprove(actor: PolicyActor, bulletin: { readonly authorIds: readonly string[] }): Decision {
  if (!actor.permissions.has('broadcast.bulletin.approve'))
    return { ok: false, code: 'broadcast.bulletin.not-approver', reason: 'Your role does not approve bulletins. Ask a duty manager.' }
  if (bulletin.authorIds.includes(actor.id)) {
    return {
      ok: false,
      code: 'broadcast.bulletin.own',
      reason: 'You wrote some of this bulletin, so somebody else must approve it. Ask another duty manager.',
    }
  }
  return YES
}

/**
 * Whether the actor may release it. The releaser may be the approver, and may even be the author, since another person has
 * approved every word; no third person is ever needed, so that two people can release at night.
 */
export function canRelease(actor: PolicyActor, bulletin: { readonly version: number; readonly approvedVersion: number | null }): Decision {
  if (!actor.permissions.has('broadcast.bulletin.release'))
    return { ok: false, code: 'broadcast.bulletin.not-releaser', reason: 'Your role does not release bulletins. Ask a duty manager.' }
  if (bulletin.approvedVersion !== bulletin.version) {
    return { ok: false, code: 'broadcast.bulletin.not-approved', reason: 'The newest version has not been approved. Send it for review first.' }
  }
  return YES
}

/** Whether the actor may release it to those whom it would reach: two people have seen to whom, as they have what. */
export function canReleaseTo(actor: Pick<PolicyActor, 'id'>, changed: { readonly byId: string } | undefined): Decision {
  if (changed?.byId !== actor.id) return YES
  return {
    ok: false,
    code: 'broadcast.release.own-audience',
    reason: 'You changed who gets it after it was approved, and nobody else has looked at that. Let another person release it, or save who gets it.',
  }
}

/** Whether the actor may close the review of what one person released: not that person. */
export function canReviewAfter(actor: PolicyActor, released: { readonly byId: string }): Decision {
  if (!actor.permissions.has('broadcast.bulletin.review-after'))
    return { ok: false, code: 'broadcast.after.not-reviewer', reason: 'Your role does not review releases. Ask a duty manager.' }
  if (released.byId === actor.id)
    return { ok: false, code: 'broadcast.after.own', reason: 'You released this alone, so somebody else must review it. Ask another duty manager.' }
  return YES
}

/** Whether the actor may approve a version of a template: not its author. */
export function canApproveTemplate(actor: PolicyActor, template: { readonly savedById: string }): Decision {
  if (!actor.permissions.has('broadcast.template.approve'))
    return { ok: false, code: 'broadcast.template.not-approver', reason: 'Your role does not approve templates. Ask a duty manager.' }
  if (template.savedById === actor.id)
    return { ok: false, code: 'broadcast.template.own', reason: 'You wrote this version, so somebody else must approve it.' }
  return YES
}
