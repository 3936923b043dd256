import { parseInstant } from './instant.ts'
import type { SsvcStatement } from './intelligence.ts'
import { isRecord, lineAt, listAt } from './json.ts'

/**
 * Two decision tables of the US Cybersecurity and Infrastructure Security Agency, as the SSVC project of CERT/CC publishes them
 * (github.com/CERTCC/SSVC, `cisa_coordinator_2_0_3` and `cisa_bod_26_04_1_0_0`). In the United Kingdom they are advice.
 */

/** What to do about a vulnerability, least pressing first. */
export const SSVC_OUTCOMES = ['Track', 'Track*', 'Attend', 'Act'] as const
export type SsvcOutcome = (typeof SSVC_OUTCOMES)[number]

/** How much the work of the organisations concerned, and the well-being of people, rests on what is affected. Each centre judges it. */
export const MISSION_IMPACTS = ['low', 'medium', 'high'] as const
export type MissionImpact = (typeof MISSION_IMPACTS)[number]

type DecisionPoints = Pick<SsvcStatement, 'exploitation' | 'automatable' | 'technicalImpact'>

export interface CoordinatorRow extends DecisionPoints {
  readonly outcome: Readonly<Record<MissionImpact, SsvcOutcome>>
}

/** The tree of CISA's coordinator, SSVC 2.0.3: 12 rows with three outcomes each. */
export const CISA_COORDINATOR: readonly CoordinatorRow[] = [
  coordinatorRow('none', false, 'partial', 'Track', 'Track', 'Track'),
  coordinatorRow('none', false, 'total', 'Track', 'Track', 'Track*'),
  coordinatorRow('none', true, 'partial', 'Track', 'Track', 'Attend'),
  coordinatorRow('none', true, 'total', 'Track', 'Track', 'Attend'),
  coordinatorRow('poc', false, 'partial', 'Track', 'Track', 'Track*'),
  coordinatorRow('poc', false, 'total', 'Track', 'Track*', 'Attend'),
  coordinatorRow('poc', true, 'partial', 'Track', 'Track', 'Attend'),
  coordinatorRow('poc', true, 'total', 'Track', 'Track*', 'Attend'),
  coordinatorRow('active', false, 'partial', 'Track', 'Track', 'Attend'),
  coordinatorRow('active', false, 'total', 'Track', 'Attend', 'Act'),
  coordinatorRow('active', true, 'partial', 'Attend', 'Attend', 'Act'),
  coordinatorRow('active', true, 'total', 'Attend', 'Act', 'Act'),
]

/** What CISA's coordinator would do, given what it says of the vulnerability and what the centre says of those concerned. */
export function ssvcOutcome(points: DecisionPoints, missionImpact: MissionImpact): SsvcOutcome {
  const row = CISA_COORDINATOR.find(
    ({ exploitation, automatable, technicalImpact }) =>
      exploitation === points.exploitation && automatable === points.automatable && technicalImpact === points.technicalImpact,
  )
  return row?.outcome[missionImpact] ?? 'Track'
}

/**
 * Reads a decision of CISA's coordinator as its JSON carries it (SSVC 2.0.3: `options`, a list of objects with one member each, and a
 * `timestamp`). Names and values come in one case or another, and the names with blanks or without. Gives `undefined` unless all three
 * points are there with values that are known.
 */
export function readSsvcDecision(decision: unknown): SsvcStatement | undefined {
  const options = listAt(decision, 'options').filter(isRecord)
  const valueOf = (name: string) =>
    options
      .flatMap(option =>
        Object.keys(option)
          .filter(key => key.replace(/[\s_]/g, '').toLowerCase() === name)
          .map(key => lineAt(option, key)),
      )
      .find(value => value !== undefined)
      ?.toLowerCase()
  const exploitation = EXPLOITATION.get(valueOf('exploitation') ?? '')
  const automatable = valueOf('automatable')
  const technicalImpact = valueOf('technicalimpact')
  if (exploitation === undefined || (automatable !== 'yes' && automatable !== 'no')) return undefined
  if (technicalImpact !== 'partial' && technicalImpact !== 'total') return undefined
  const at = parseInstant(lineAt(decision, 'timestamp') ?? '')?.toISOString() ?? null
  return { exploitation, automatable: automatable === 'yes', technicalImpact, at }
}

const EXPLOITATION: ReadonlyMap<string, SsvcStatement['exploitation']> = new Map([
  ['none', 'none'],
  ['poc', 'poc'],
  ['public poc', 'poc'],
  ['active', 'active'],
])

/** The latest of several decisions. Those without a time count as the oldest. */
export function latestSsvc(decisions: readonly SsvcStatement[]): SsvcStatement | null {
  return decisions.toSorted((a, b) => (b.at ?? '').localeCompare(a.at ?? ''))[0] ?? null
}

/** By when to mend a vulnerability. */
export interface RemediationDeadline {
  /** Calendar days. `null`: with the next upgrade of the system. */
  readonly days: 3 | 14 | 60 | null
  /** Whether to look for signs that it was used already. */
  readonly forensicTriage: boolean
}

export interface RemediationRow {
  /** Whether it is in CISA's catalogue of known exploited vulnerabilities. */
  readonly isInKev: boolean
  readonly automatable: boolean
  readonly technicalImpact: SsvcStatement['technicalImpact']
  /** For what can be reached from the internet. Only the organisation knows whether it can. */
  readonly ifExposed: RemediationDeadline
  readonly ifNotExposed: RemediationDeadline
}

const THREE_DAYS_AND_FORENSICS: RemediationDeadline = { days: 3, forensicTriage: true }
const THREE_DAYS: RemediationDeadline = { days: 3, forensicTriage: false }
const FOURTEEN_DAYS: RemediationDeadline = { days: 14, forensicTriage: false }
const SIXTY_DAYS: RemediationDeadline = { days: 60, forensicTriage: false }
const NEXT_UPGRADE: RemediationDeadline = { days: null, forensicTriage: false }

/** The timelines of CISA's Binding Operational Directive 26-04: 8 rows with two deadlines each. */
export const REMEDIATION_DEADLINES: readonly RemediationRow[] = [
  remediationRow(true, true, 'total', THREE_DAYS_AND_FORENSICS, THREE_DAYS_AND_FORENSICS),
  remediationRow(true, true, 'partial', THREE_DAYS, FOURTEEN_DAYS),
  remediationRow(true, false, 'total', THREE_DAYS_AND_FORENSICS, FOURTEEN_DAYS),
  remediationRow(true, false, 'partial', FOURTEEN_DAYS, FOURTEEN_DAYS),
  remediationRow(false, true, 'total', THREE_DAYS, SIXTY_DAYS),
  remediationRow(false, true, 'partial', FOURTEEN_DAYS, SIXTY_DAYS),
  remediationRow(false, false, 'total', FOURTEEN_DAYS, NEXT_UPGRADE),
  remediationRow(false, false, 'partial', SIXTY_DAYS, NEXT_UPGRADE),
]

/** The two deadlines of a vulnerability: if what has it is exposed to the internet, and if it is not. */
export function remediationDeadlines(
  isInKev: boolean,
  points: Pick<SsvcStatement, 'automatable' | 'technicalImpact'>,
): Pick<RemediationRow, 'ifExposed' | 'ifNotExposed'> {
  const row = REMEDIATION_DEADLINES.find(
    row => row.isInKev === isInKev && row.automatable === points.automatable && row.technicalImpact === points.technicalImpact,
  )
  return { ifExposed: row?.ifExposed ?? NEXT_UPGRADE, ifNotExposed: row?.ifNotExposed ?? NEXT_UPGRADE }
}

function coordinatorRow(
  exploitation: SsvcStatement['exploitation'],
  automatable: boolean,
  technicalImpact: SsvcStatement['technicalImpact'],
  low: SsvcOutcome,
  medium: SsvcOutcome,
  high: SsvcOutcome,
): CoordinatorRow {
  return { exploitation, automatable, technicalImpact, outcome: { low, medium, high } }
}

function remediationRow(
  isInKev: boolean,
  automatable: boolean,
  technicalImpact: SsvcStatement['technicalImpact'],
  ifExposed: RemediationDeadline,
  ifNotExposed: RemediationDeadline,
): RemediationRow {
  return { isInKev, automatable, technicalImpact, ifExposed, ifNotExposed }
}
