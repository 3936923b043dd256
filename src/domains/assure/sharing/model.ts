import type { Instant } from '../../../kernel/instant.ts'

/** What can be shared, each by itself. Evidence is never shared: files stay where they are. */
export const SHARE_ITEMS = {
  summary: { label: 'The summary', shows: 'how many outcomes of each objective stand at which level, and no words' },
  'board-page': { label: 'The figures of the board page', shows: 'the level of each outcome, and no words' },
  objective: { label: 'One objective', shows: 'the level, the summary and the answers of each of its outcomes' },
  outcome: { label: 'One outcome', shows: 'its level, its summary and its answers' },
  'agreed-record': { label: 'The whole agreed record', shows: 'the level, the summary and the answers of every outcome that is agreed' },
  plan: { label: 'Our plan', shows: 'what you plan to do, until when, and how it stands' },
} as const

export type ShareItem = keyof typeof SHARE_ITEMS

export function isShareItem(text: string): text is ShareItem {
  return Object.hasOwn(SHARE_ITEMS, text)
}

export type ShareState = 'live' | 'ended' | 'revoked'

/** How a share stands at that time. With a body that has closed it has ended: whoever took its place is another body, to be named anew. */
export function shareState(
  share: { readonly until: Instant; readonly revokedAt: Instant | null; readonly isReceiverClosed: boolean },
  now: Instant,
): ShareState {
  if (share.revokedAt !== null) return 'revoked'
  return share.until > now && !share.isReceiverClosed ? 'live' : 'ended'
}
