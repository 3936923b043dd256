import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { asList } from '../../../platform/forms/form.ts'
import type { Tag } from '../../../ui/labels.ts'
import { withQuery } from '../../../ui/links.ts'
import type { Action, Cell, TableModel } from '../../../ui/models.ts'
import type { Assessment } from '../assessments/model.ts'
import { evidenceFields, outcomesField, type Offered } from './form-views.ts'
import { EVIDENCE_KINDS, type EvidenceKind, type EvidenceState } from './model.ts'
import type { Evidence, EvidenceCheck, EvidenceFilter, EvidenceGrade, EvidenceLine, EvidenceSort } from './queries.ts'

const STATES: Readonly<Record<EvidenceState, Tag>> = {
  current: { text: 'In force', colour: 'green' },
  expiring: { text: 'Expires soon', colour: 'yellow' },
  expired: { text: 'Expired', colour: 'red' },
  replaced: { text: 'Replaced', colour: 'grey' },
  withdrawn: { text: 'Withdrawn', colour: 'grey' },
}

export function evidencePath(assessmentId: string, ...rest: readonly string[]): string {
  return ['/assessments', assessmentId, 'evidence', ...rest].join('/')
}

function reviewName({ frameworkName, period, subject }: Assessment): string {
  return `${frameworkName}, ${period}, ${subject}`
}

/** What the address of the list asks for. */
export interface EvidenceAsked extends Pick<EvidenceFilter, 'state' | 'kind'> {
  readonly q: string
  readonly grade: string | null
  readonly outcome: string | null
  readonly sort: EvidenceSort
  readonly cursor: string | null
}

export interface ListShown {
  readonly assessment: Assessment
  readonly found: Page<EvidenceLine>
  readonly grades: readonly EvidenceGrade[]
  readonly expiry: { readonly expired: number; readonly expiring: number }
}

export interface PieceShown {
  readonly assessment: Assessment
  readonly piece: Evidence
  readonly checks: readonly EvidenceCheck[]
  readonly offered: Offered
}

/** The evidence of a review: what expires first said above it. */
export function listModel({ assessment, found, grades, expiry }: ListShown, query: EvidenceAsked, mayKeep: boolean) {
  const path = evidencePath(assessment.id)
  const { cursor: _, ...keep } = query
  const isNarrowed = query.q !== '' || query.state !== 'in-force' || query.kind !== '' || query.grade !== null || query.outcome !== null
  return {
    caption: reviewName(assessment),
    backHref: `/assessments/${assessment.id}`,
    addHref: mayKeep ? withQuery(evidencePath(assessment.id, 'add'), { outcome: query.outcome }) : null,
    expiry,
    expiredHref: withQuery(path, { state: 'expired' }),
    expiringHref: withQuery(path, { state: 'expiring', sort: 'expires' }),
    total: found.total,
    isNarrowed,
    clearHref: path,
    csvHref: withQuery(`${path}.csv`, keep),
    firstHref: query.cursor === null ? null : withQuery(path, keep),
    nextHref: found.next === null ? null : withQuery(path, keep, { cursor: found.next }),
    filters: {
      action: path,
      search: { label: 'Search', value: query.q, hint: 'What it is, where it lies, what it shows' },
      selects: [
        {
          name: 'state',
          label: 'State',
          value: query.state,
          options: [
            { value: 'in-force', text: 'In force' },
            ...(Object.keys(STATES) as EvidenceState[]).filter(state => state !== 'current').map(value => ({ value, text: STATES[value].text })),
            { value: 'all', text: 'All' },
          ],
        },
        {
          name: 'kind',
          label: 'How it is kept',
          value: query.kind,
          options: [
            { value: '', text: 'Any way' },
            ...(Object.keys(EVIDENCE_KINDS) as EvidenceKind[]).map(value => ({ value, text: EVIDENCE_KINDS[value].short })),
          ],
        },
        {
          name: 'grade',
          label: 'Grade',
          value: query.grade ?? '',
          options: [{ value: '', text: 'Any' }, ...grades.map(({ code, label }) => ({ value: code, text: label }))],
        },
        {
          name: 'sort',
          label: 'Order',
          value: query.sort,
          options: [
            { value: '-added', text: 'Newest first' },
            { value: 'expires', text: 'Expires first' },
            { value: 'title', text: 'By name' },
          ],
        },
      ],
      keep: { outcome: query.outcome ?? '' },
      clearHref: isNarrowed ? path : undefined,
    },
    table: {
      caption: 'Evidence',
      captionHidden: true,
      head: [
        { text: 'What' },
        { text: 'Outcomes' },
        { text: 'Grade' },
        { text: 'True on' },
        { text: 'Expires' },
        { text: 'Owner' },
        { text: 'State' },
      ],
      rows: found.rows.map(row => lineOf(assessment.id, row)),
    } satisfies TableModel,
  }
}

function lineOf(assessmentId: string, row: EvidenceLine): readonly Cell[] {
  return [
    { text: row.title, href: evidencePath(assessmentId, row.id), hint: EVIDENCE_KINDS[row.kind].short },
    row.outcomes.join(', '),
    row.gradeLabel,
    { date: row.effectiveOn },
    row.expiresOn === null ? null : { date: row.expiresOn },
    row.ownerName,
    { tags: [STATES[row.state]] },
  ]
}

export function addModel(
  { assessment, offered, older }: { readonly assessment: Assessment; readonly offered: Offered; readonly older: Evidence | null },
  typed: Readonly<Record<string, unknown>>,
  problems: readonly Problem[],
) {
  const first: Readonly<Record<string, unknown>> =
    older === null ? {} : { title: older.title, grade: older.grade, kind: older.kind, place: older.place, outcomes: older.outcomes }
  const isFirst = problems.length === 0
  return {
    caption: reviewName(assessment),
    backHref: evidencePath(assessment.id),
    older: older === null ? null : { title: older.title, href: evidencePath(assessment.id, older.id) },
    form: {
      action: evidencePath(assessment.id, 'add'),
      files: true,
      fields: evidenceFields(offered, isFirst ? { ...typed, ...first } : typed, name => problems.find(({ pointer }) => pointer === name)?.message),
      values: { replaces: older?.id ?? '' },
      submit: 'Keep the evidence',
      cancelHref: evidencePath(assessment.id),
      autosave: false,
    },
  }
}

/** One piece: what it is, whether it is still the same, what stands in its place. */
export function pieceModel(
  { assessment, piece, checks, offered }: PieceShown,
  {
    mayKeep,
    typed,
    problems,
  }: { readonly mayKeep: boolean; readonly typed: Readonly<Record<string, unknown>>; readonly problems: readonly Problem[] },
) {
  const path = (...rest: readonly string[]) => evidencePath(assessment.id, piece.id, ...rest)
  const errorOf = (name: string) => problems.find(({ pointer }) => pointer === name)?.message
  const isLive = piece.withdrawnAt === null
  const isKept = mayKeep && isLive
  const actions: readonly Action[] = [
    ...(isKept && piece.replacedBy === null
      ? [{ label: 'Add a newer one in its place', href: withQuery(evidencePath(assessment.id, 'add'), { replaces: piece.id }) }]
      : []),
    ...(isKept
      ? [{ label: 'Withdraw it', href: path('withdraw'), method: 'post' as const, reason: 'required' as const, variant: 'warning' as const }]
      : []),
  ]
  return {
    caption: reviewName(assessment),
    backHref: evidencePath(assessment.id),
    piece,
    state: STATES[piece.state],
    rows: factsOf(piece, assessment.id),
    fileHref: piece.kind === 'file' && isLive ? path('file') : null,
    linkHref: piece.kind === 'link' ? piece.place : null,
    actions,
    checkForm:
      isKept && piece.sha256 !== null
        ? {
            action: path('check'),
            fields: [
              {
                name: 'sha256',
                kind: 'code' as const,
                label: 'SHA-256 of the file as it is today',
                hint: 'Choose the file above, or type what this prints: carecert assessments evidence hash FILE',
                value: typeof typed['sha256'] === 'string' ? typed['sha256'] : '',
                error: errorOf('sha256'),
              },
            ],
            submit: 'Is it still the same file?',
            autosave: false,
          }
        : null,
    checks: {
      caption: 'When somebody looked whether it is still the same',
      captionSize: 's',
      head: [{ text: 'When' }, { text: 'Same file' }, { text: 'Who looked' }],
      rows: checks.map(({ at, isSame, byName }) => [
        { at },
        { tags: [isSame ? { text: 'Yes', colour: 'green' } : { text: 'No', colour: 'red' }] },
        byName,
      ]),
    } satisfies TableModel,
    placeForm: isKept
      ? {
          action: path('outcomes'),
          fields: [
            outcomesField(offered.outcomes, errorOf('outcomes') === undefined ? piece.outcomes : asList(typed['outcomes']), errorOf('outcomes')),
          ],
          submit: 'Save the outcomes',
          autosave: false,
        }
      : null,
  }
}

function factsOf(piece: Evidence, assessmentId: string) {
  const row = (key: string, value: Cell) => ({ key, value })
  return [
    row('How it is kept', EVIDENCE_KINDS[piece.kind].label),
    ...(piece.kind === 'reference' ? [row('Where it lies', piece.place)] : []),
    ...(piece.kind === 'link' ? [row('Its address', piece.place)] : []),
    ...(piece.fileName === null
      ? []
      : [row('File', { text: piece.fileName, hint: `${(piece.bytes ?? 0).toLocaleString('en-GB')} bytes, ${piece.mediaType ?? ''}` })]),
    row('Outcomes', piece.outcomes.join(', ')),
    row('Grade', piece.gradeLabel),
    row('True on', { date: piece.effectiveOn }),
    row('Holds until', piece.expiresOn === null ? 'No day was set' : { date: piece.expiresOn }),
    row('Added', { at: piece.addedAt }),
    row('Owner', piece.ownerName),
    ...(piece.note === '' ? [] : [row('What it shows', piece.note)]),
    ...(piece.sha256 === null ? [] : [row('SHA-256', piece.sha256)]),
    ...(piece.replaces === null ? [] : [row('In the place of', { text: 'The one before', href: evidencePath(assessmentId, piece.replaces) })]),
    ...(piece.replacedBy === null ? [] : [row('Replaced by', { text: 'A newer one', href: evidencePath(assessmentId, piece.replacedBy) })]),
    ...(piece.withdrawnAt === null ? [] : [row('Withdrawn', { at: piece.withdrawnAt, hint: piece.withdrawnReason ?? undefined })]),
  ]
}
