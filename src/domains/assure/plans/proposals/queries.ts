import { shorten } from '../../../../kernel/text.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { bulletinNumber, bulletinsAwaitingMoney } from '../../../broadcast/contract.ts'
import type { Visible } from '../../tables.ts'

/** What could become an action: the organisation takes it or leaves it. Nothing comes into a plan by itself. */
export interface Proposal {
  readonly kind: 'bulletin' | 'finding'
  readonly id: string
  /** What the action would say. Of a bulletin its number alone: whoever reads the plan may not be one who may read the bulletin. */
  readonly title: string
  readonly text: string
  readonly label: string
  /** What it is about, for those who decide of it. */
  readonly about: string
  readonly tlp: string | null
  readonly href: string
}

/** What the organisation has neither taken nor left, findings first. */
export async function proposalsFor(db: Reader<Visible>, organisationId: string): Promise<readonly Proposal[]> {
  const known = await decided(db, organisationId)
  return [...(await findings(db, organisationId)), ...(await bulletins(db, organisationId))].filter(({ kind, id }) => !known.has(`${kind} ${id}`))
}

async function decided(db: Reader<Visible>, organisationId: string): Promise<ReadonlySet<string>> {
  const taken = await db
    .selectFrom('assure_action')
    .where('organisation_id', '=', organisationId)
    .where('source_kind', 'in', ['bulletin', 'finding'])
    .select(['source_kind', 'source_id'])
    .execute()
  const left = await db
    .selectFrom('assure_proposal_left')
    .where('organisation_id', '=', organisationId)
    .select(['source_kind', 'source_id'])
    .execute()
  return new Set([...taken, ...left].map(({ source_kind: kind, source_id: id }) => `${kind} ${id}`))
}

/** What an assessor recommended, once it is handed over: row-level security shows none before. */
async function findings(db: Reader<Visible>, organisationId: string): Promise<readonly Proposal[]> {
  const rows = await db
    .selectFrom('assure_finding as finding')
    .innerJoin('assure_assessment as assessment', 'assessment.id', 'finding.assessment_id')
    .where('assessment.organisation_id', '=', organisationId)
    .where('assessment.state', '!=', 'withdrawn')
    .where('finding.kind', '=', 'finding')
    .orderBy('finding.at', 'desc')
    .orderBy('finding.id')
    .select(['finding.id', 'finding.what', 'finding.detail', 'finding.advice', 'finding.outcome_code as outcome', 'assessment.id as assessmentId'])
    .execute()
  return rows.map(row => ({
    kind: 'finding' as const,
    id: row.id,
    title: shorten(row.advice === '' ? row.what : row.advice, 200),
    text: [row.what, row.detail].filter(part => part !== '').join('\n\n'),
    label: row.outcome,
    about: row.what,
    tlp: null,
    href: `/assessments/${row.assessmentId}/outcomes/${encodeURIComponent(row.outcome)}`,
  }))
}

async function bulletins(db: Reader<Visible>, organisationId: string): Promise<readonly Proposal[]> {
  const rows = await bulletinsAwaitingMoney(db, organisationId)
  return rows.map(row => ({
    kind: 'bulletin' as const,
    id: row.id,
    title: `Do what ${bulletinNumber(row.number)} asks`,
    text: '',
    label: bulletinNumber(row.number),
    about: row.title,
    tlp: row.tlp,
    href: `/bulletins/${bulletinNumber(row.number)}`,
  }))
}
