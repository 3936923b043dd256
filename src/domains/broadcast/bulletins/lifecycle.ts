import type { Lifecycle } from '../../../kernel/lifecycle.ts'
import type { BulletinState } from './model.ts'

export type BulletinAction =
  | 'edit'
  | 'send-for-review'
  | 'approve'
  | 'return'
  | 'release'
  | 'release-holding'
  | 'release-alone'
  | 'revise'
  | 'update'
  | 'change-severity'
  | 'supersede'
  | 'withdraw'
  | 'abandon'

const edit = {
  next: 'draft',
  permission: 'broadcast.bulletin.draft',
  label: 'Edit',
  banner: 'Saved',
  reason: 'none',
  needs: 'voids an approval and a review',
} as const
const abandon = {
  next: 'withdrawn',
  permission: 'broadcast.bulletin.draft',
  label: 'Abandon',
  banner: 'Abandoned. Nothing was sent',
  reason: 'required',
} as const

const alone = {
  next: 'released',
  permission: 'broadcast.bulletin.release-alone',
  label: 'Release alone, in an emergency',
  banner: 'Released by one person. Somebody else must review it now',
  reason: 'required',
  needs: 'nobody else approved it; the audience seen; reviewed after by another person',
} as const

/**
 * Draft → in review → approved → released → withdrawn. Any edit before release leads back to draft, so what is released is, to the
 * letter, what was approved. The author cannot approve; whoever approved may release.
 */
export const BULLETIN_LIFECYCLE = {
  draft: {
    'send-for-review': {
      next: 'in-review',
      permission: 'broadcast.bulletin.draft',
      label: 'Send for review',
      banner: 'Sent for review',
      reason: 'none',
      needs: 'a summary and something to do',
    },
    edit,
    'release-holding': {
      next: 'released',
      permission: 'broadcast.bulletin.release-holding',
      label: 'Release as a holding statement',
      banner: 'Released as a holding statement',
      reason: 'none',
      needs: 'the words of an approved template; the audience seen; drafted and released in one press; the full version follows',
    },
    'release-alone': alone,
    abandon,
  },
  'in-review': {
    approve: {
      next: 'approved',
      permission: 'broadcast.bulletin.approve',
      label: 'Approve',
      banner: 'Approved',
      reason: 'none',
      needs: 'someone who wrote none of it; exactly the version seen',
    },
    return: {
      next: 'draft',
      permission: 'broadcast.bulletin.approve',
      label: 'Return for changes',
      banner: 'Returned to its author',
      reason: 'required',
    },
    edit,
    'release-alone': alone,
    abandon,
  },
  approved: {
    release: {
      next: 'released',
      permission: 'broadcast.bulletin.release',
      label: 'Release',
      banner: 'Released',
      reason: 'none',
      needs: 'the approved version and the audience seen',
    },
    return: {
      next: 'draft',
      permission: 'broadcast.bulletin.approve',
      label: 'Return for changes',
      banner: 'Returned to its author',
      reason: 'required',
      needs: 'voids the approval',
    },
    edit,
    abandon,
  },
  released: {
    revise: {
      next: 'released',
      permission: 'broadcast.bulletin.draft',
      label: 'Write an update',
      banner: 'Saved',
      reason: 'none',
      needs: 'a version beside the one that readers see, with its own review (see the diagram of revisions)',
    },
    update: {
      next: 'released',
      permission: 'broadcast.bulletin.draft',
      label: 'Add a note',
      banner: 'Note published. Nobody was told',
      reason: 'none',
    },
    'change-severity': {
      next: 'released',
      permission: 'broadcast.bulletin.release',
      label: 'Change the severity',
      banner: 'Severity changed',
      reason: 'required',
    },
    supersede: {
      next: 'withdrawn',
      permission: 'broadcast.bulletin.withdraw',
      label: 'Replace by another',
      banner: 'Replaced. The record is kept',
      reason: 'required',
      needs: 'another released bulletin',
    },
    withdraw: {
      next: 'withdrawn',
      permission: 'broadcast.bulletin.withdraw',
      label: 'Withdraw',
      banner: 'Withdrawn. The record is kept',
      reason: 'required',
    },
  },
  withdrawn: {},
} as const satisfies Lifecycle<BulletinState, BulletinAction>

export type RevisionState = 'none' | 'draft' | 'in-review' | 'approved'
export type RevisionAction = 'edit' | 'send-for-review' | 'approve' | 'return' | 'publish' | 'publish-alone' | 'discard'

const discard = {
  next: 'none',
  permission: 'broadcast.bulletin.draft',
  label: 'Discard this version',
  banner: 'Discarded. Readers saw nothing of it',
  reason: 'required',
} as const
const publishAlone = {
  next: 'none',
  permission: 'broadcast.bulletin.release-alone',
  label: 'Publish alone, in an emergency',
  banner: 'Published by one person. Somebody else must review it now',
  reason: 'required',
  needs: 'nobody else approved it; reviewed after by another person',
} as const

/**
 * The version of a released bulletin that is worked on: none → draft → in review → approved → published, which is none again. Readers see the
 * live version until then, and nothing of this one. A published one becomes the live version, told of by a dated update.
 */
export const REVISION_LIFECYCLE = {
  none: { edit },
  draft: {
    'send-for-review': {
      next: 'in-review',
      permission: 'broadcast.bulletin.draft',
      label: 'Send for review',
      banner: 'Sent for review',
      reason: 'none',
      needs: 'a line that says what is new',
    },
    edit,
    'publish-alone': publishAlone,
    discard,
  },
  'in-review': {
    approve: {
      next: 'approved',
      permission: 'broadcast.bulletin.approve',
      label: 'Approve',
      banner: 'Approved',
      reason: 'none',
      needs: 'someone who wrote none of what is new; exactly the version seen',
    },
    return: {
      next: 'draft',
      permission: 'broadcast.bulletin.approve',
      label: 'Return for changes',
      banner: 'Returned to its author',
      reason: 'required',
    },
    edit,
    'publish-alone': publishAlone,
    discard,
  },
  approved: {
    publish: {
      next: 'none',
      permission: 'broadcast.bulletin.release',
      label: 'Publish this version',
      banner: 'Published',
      reason: 'none',
      needs: 'the approved version; only a material change tells people',
    },
    return: {
      next: 'draft',
      permission: 'broadcast.bulletin.approve',
      label: 'Return for changes',
      banner: 'Returned to its author',
      reason: 'required',
      needs: 'voids the approval',
    },
    edit,
    discard,
  },
} as const satisfies Lifecycle<RevisionState, RevisionAction>
