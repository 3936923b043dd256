import type { FeedEntry } from '../../codecs/feed/write.ts'
import {
  bulletinNumber,
  carriesContent,
  fiveLines,
  severityLabel,
  type BulletinSeverity,
  type PublishedBulletin,
} from '../../domains/broadcast/contract.ts'
import { parseInstant, type Instant } from '../../kernel/instant.ts'
import type { Tlp } from '../../kernel/tlp.ts'
import { lastMaterialChange } from '../published.ts'

/**
 * Feeds: what readers of a bulletin see anew, told to the programs that follow.
 *
 * Invariants:
 * 1. The log has a row for each change, numbered without gaps; a page of an archive is fifty numbers, so its address always means the same.
 * 2. What a reader finds in any document is decided by row-level security: everybody finds what is CLEAR, an organisation what was sent to it.
 * 3. Above what the carrier takes an entry is a notice and a link. RED and exercises are not logged at all.
 * 4. The id of an entry is its bulletin's, whatever changes; `updated` moves only with what matters.
 */
export const PAGE_CHANGES = 50

/** A change as it is logged: of what a feed may not carry, that it is there. Times as RFC 3339. */
export interface FeedFacts {
  readonly number: number
  readonly state: PublishedBulletin['state']
  readonly severity: BulletinSeverity
  readonly tlp: Tlp
  readonly publishedAt: string
  readonly updatedAt: string
  /** `null` for a notice. */
  readonly told: { readonly title: string; readonly type: string; readonly summary: string; readonly html: string } | null
}

/** What is logged of a bulletin as it stands. `html` is its text; it is left out where a feed may not carry it. */
export function factsOf(bulletin: PublishedBulletin, html: string): FeedFacts {
  const { number, state, tlp, content } = bulletin
  return {
    number,
    state,
    severity: content.severity,
    tlp,
    publishedAt: bulletin.releasedAt.toISOString(),
    // RFC 4287 §4.2.15.
    updatedAt: lastMaterialChange(bulletin).toISOString(),
    told: carriesContent('feed', tlp) ? { title: content.title, type: content.threatType, summary: summaryOf(bulletin), html } : null,
  }
}

function summaryOf({ state, reason, supersededBy, content }: PublishedBulletin): string {
  if (state === 'live') return fiveLines(content).what
  const instead = supersededBy === null ? '' : ` Read ${bulletinNumber(supersededBy)} instead.`
  return `${state === 'withdrawn' ? 'Withdrawn' : 'Replaced'}: ${reason ?? 'it no longer holds.'}${instead}`
}

const ENDED = { live: '', withdrawn: 'Withdrawn: ', superseded: 'Replaced: ' } as const

/** The entry of a logged change. `pageOf` gives the address of a bulletin's page for the readers of this feed. */
export function entryOf(bulletinId: string, facts: FeedFacts, pageOf: (number: string) => string): FeedEntry {
  const number = bulletinNumber(facts.number)
  const label = facts.tlp === 'CLEAR' ? '' : `[TLP:${facts.tlp}] `
  const { told } = facts
  return {
    id: urnOf(bulletinId),
    title: `${label}${ENDED[facts.state]}${number}: ${told === null ? 'sign in to read it' : told.title}`,
    link: pageOf(number),
    published: timeOf(facts.publishedAt),
    updated: timeOf(facts.updatedAt),
    summary: told?.summary ?? 'What it says may not be kept by the programs that read feeds. Sign in to read it.',
    html: told?.html ?? null,
    categories: [
      { scheme: 'urn:carecert:severity', term: facts.severity, label: severityLabel(facts.severity) },
      { scheme: 'urn:carecert:tlp', term: `TLP:${facts.tlp}`, label: `TLP:${facts.tlp}` },
      ...(told === null ? [] : [{ scheme: 'urn:carecert:type', term: told.type, label: told.type }]),
    ],
  }
}

/** The UUID that an internal id holds, as a name that stays for good, wherever we are reached (RFC 9562 §4). */
export function urnOf(id: string): string {
  const digits = id.slice(-32)
  return `urn:uuid:${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
}

/** Our own job alone writes these times. */
function timeOf(text: string): Instant {
  return parseInstant(text) ?? new Date(Number.NaN)
}

export const FEED_FORMATS = ['atom', 'rss'] as const
export type FeedFormat = (typeof FEED_FORMATS)[number]

/** Where the feeds of an organisation are kept. */
export const ADDRESSES_PATH = '/feed-addresses'
