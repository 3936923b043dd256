import type { TableModel } from '../../../../ui/models.ts'
import type { ThreatItemRow } from '../queries/show.ts'
import { nameOf } from '../queries/show.ts'
import { listed } from './evidence.ts'
import type { MergeCandidate, Regrouping } from './queries.ts'

interface Threat {
  readonly id: string
  readonly title: string
  readonly tlp: string
}

/** What was typed and could not be taken, to be shown again. */
export interface Typed {
  readonly reason: string
  readonly items: readonly string[]
  readonly into: string
  /** The words by which the threats to choose from were found. */
  readonly words: string
  readonly error: { readonly code: string; readonly message: string } | null
}

export const NOTHING_TYPED: Typed = { reason: '', items: [], into: '', words: '', error: null }

function reasonField(typed: Typed) {
  const isAboutReason = typed.error?.code.startsWith('watch.threat.reason') === true
  return {
    kind: 'textarea',
    name: 'reason',
    label: 'Say why',
    hint: 'The next person reads it before undoing this.',
    value: typed.reason,
    rows: 3,
    maxlength: 2_000,
    ...(isAboutReason ? { error: typed.error?.message } : {}),
  }
}

export function itemsModel(threat: Threat, items: readonly ThreatItemRow[], regroupings: readonly Regrouping[], mayTriage: boolean, typed: Typed) {
  const isAboutItems = typed.error?.code.startsWith('watch.threat.split') === true
  return {
    threat,
    mayTriage,
    fields: [
      {
        kind: 'checkboxes',
        name: 'items',
        label: 'Items, and why each is here',
        value: typed.items,
        options: items.map(item => ({ value: item.id, text: `${item.title} (${item.sourceName})`, hint: item.why })),
        ...(isAboutItems ? { error: typed.error?.message } : {}),
      },
      reasonField(typed),
    ],
    isSplittable: items.length > 1,
    table: {
      caption: 'Items, and why each is here',
      head: [{ text: 'Item' }, { text: 'Source' }, { text: 'Why it is here' }],
      rows: items.map(item => [{ text: item.title, href: `/items/${item.id}`, hint: item.external_id }, item.sourceName, item.why]),
    } satisfies TableModel,
    regroupings: regroupings.map(one => regroupingLine(one, threat.id)),
  }
}

function regroupingLine(one: Regrouping, threatId: string) {
  const other = one.fromThreatId === threatId ? { id: one.toThreatId, title: one.toTitle } : { id: one.fromThreatId, title: one.fromTitle }
  const count = one.items.length === 1 ? 'one item' : `${one.items.length} items`
  const what =
    one.kind === 'merged'
      ? one.toThreatId === threatId
        ? `Merged into this threat (${count})`
        : 'This threat was merged into another'
      : one.fromThreatId === threatId
        ? `Split off (${count})`
        : `Split from another threat (${count})`
  return {
    what,
    other,
    at: one.at,
    who: one.actorName ?? nameOf(one.actorId),
    reason: one.reason,
    undo: one.undoneAt === null ? `/regroupings/${one.id}/undo` : null,
  }
}

export function mergeModel(threat: Threat, candidates: readonly MergeCandidate[], typed: Typed) {
  const { words } = typed
  const isAboutReason = typed.error?.code.startsWith('watch.threat.reason') === true
  return {
    threat,
    words,
    count: candidates.length,
    typedReason: typed.reason,
    fields: [
      {
        kind: 'radios',
        name: 'into',
        label: words === '' ? 'Threats about the same CVEs or products' : `Threats that “${words}” finds`,
        value: typed.into,
        options: candidates.map(one => ({
          value: one.id,
          text: one.title,
          hint: [one.reason, listed(one.cves), one.items === 1 ? '1 item' : `${one.items} items`].filter(text => text !== '').join(' '),
        })),
        ...(typed.error !== null && !isAboutReason ? { error: typed.error.message } : {}),
      },
      reasonField(typed),
    ],
  }
}
