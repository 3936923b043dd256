import type { Instant } from '../../../../kernel/instant.ts'
import type { CvssStatement, SsvcStatement } from '../../../../kernel/intelligence.ts'
import { linesAt } from '../../../../kernel/json.ts'
import { remediationDeadlines, type RemediationDeadline } from '../../../../kernel/ssvc.ts'
import { shorten } from '../../../../kernel/text.ts'
import { date } from '../../../../ui/filters/dates.ts'
import { sentence } from '../../../../ui/filters/words.ts'
import type { Cell, TableModel } from '../../../../ui/models.ts'
import { epssInWords, EXPLOITATION_WORDS, worstSsvc } from '../../enrichment/model.ts'
import type { EpssOfCve } from '../../enrichment/queries.ts'
import type { StoredItem } from '../../gathering/model.ts'
import { listed } from '../grouping/evidence.ts'

/** An item as far as its facts are set beside those of others. */
export interface StatingItem {
  readonly external_id: string
  readonly sourceName: string
  readonly published_at: Instant | null
  readonly changed_at: Instant | null
  readonly content: StoredItem
}

/** So many sources side by side can still be read; the rest stand among the items. */
const MOST_BESIDE = 4

interface Fact {
  readonly label: string
  /** Whether two sources that say different things disagree, rather than each tell something of its own. */
  readonly isCompared: boolean
  of(item: StatingItem): string | null
}

const TLP_LABEL = 'TLP label'

const FACTS: readonly Fact[] = [
  { label: 'Published', isCompared: false, of: item => day(item.published_at) },
  { label: 'Changed', isCompared: false, of: item => day(item.changed_at) },
  { label: 'Severity', isCompared: true, of: item => (item.content.severity === null ? null : sentence(item.content.severity)) },
  { label: 'CVSS score', isCompared: true, of: item => (item.content.cvssTenths === null ? null : tenths(item.content.cvssTenths)) },
  { label: 'CVSS vectors', isCompared: false, of: item => joined(cvssOf(item).map(cvssInWords)) },
  { label: 'Exploitation, as CISA decided (SSVC)', isCompared: true, of: item => ssvcInWords(ssvcOf(item)) },
  { label: 'Exploited since', isCompared: true, of: item => day(item.content.kev?.dateAdded) },
  { label: 'Due date for US agencies', isCompared: true, of: item => day(item.content.kev?.dueDate) },
  { label: 'Used in ransomware attacks', isCompared: true, of: item => ransomwareWords(item.content.kev?.knownRansomwareUse) },
  { label: 'Weaknesses', isCompared: false, of: item => joined(weaknessesOf(item)) },
  { label: 'CVEs', isCompared: false, of: item => listed(item.content.cves) || null },
  { label: TLP_LABEL, isCompared: true, of: item => item.content.tlp },
  { label: 'Departs from its format', isCompared: false, of: item => joined((item.content.faults ?? []).slice(0, 3).map(fault => fault.message)) },
]

/** KEV names them with its entry; the others with each assessment. */
function weaknessesOf({ content }: StatingItem): readonly string[] {
  return [...new Set([...(content.assessments ?? []).flatMap(({ cwes }) => cwes), ...linesAt(content.details, 'cwes')])]
}

/** What each source says, side by side; where they differ it is marked, and never averaged. */
export function factsTable(items: readonly StatingItem[]): TableModel {
  // News that only repeats a CVE says nothing to compare: what does comes first.
  const says = (item: StatingItem) => FACTS.some(fact => fact.isCompared && fact.label !== TLP_LABEL && fact.of(item) !== null)
  const shown = [...items.filter(says), ...items.filter(item => !says(item))].slice(0, MOST_BESIDE)
  const rows = FACTS.flatMap(({ label, isCompared, of }): Cell[][] => {
    const values = shown.map(of)
    const said = new Set(values.filter(value => value !== null))
    if (said.size === 0) return []
    const head: Cell = isCompared && said.size > 1 ? { text: label, tags: [{ text: 'Sources differ', colour: 'orange' }] } : label
    return [[head, ...values]]
  })
  return {
    caption: 'What each source says',
    head: [{ text: 'Fact' }, ...shown.map(item => ({ text: `${item.sourceName}, ${shorten(item.external_id, 24)}` }))],
    rows,
  }
}

/** The scores of the threat's CVEs, each with its rank. `null` when none is known. */
export function epssTable(scores: readonly EpssOfCve[], scoresOf: string | null): TableModel | null {
  if (scores.length === 0) return null
  return {
    caption: scoresOf === null ? 'EPSS scores' : `EPSS scores of ${date(scoresOf)}`,
    head: [{ text: 'CVE' }, { text: 'Likely to be exploited within 30 days', format: 'numeric' }, { text: 'More likely than', format: 'numeric' }],
    rows: scores
      .slice(0, 20)
      .map(({ cve, scoreMillionths, percentileMillionths }) => [
        cve,
        epssInWords(scoreMillionths),
        percentileMillionths === null ? null : `${epssInWords(percentileMillionths)} of all CVEs`,
      ]),
  }
}

/**
 * By when to act, after the table of CISA's directive BOD 26-04: two deadlines, because only the organisation knows whether it is
 * exposed. `null` while CISA has not said what attacks need and give.
 */
export function deadlinesOf(isInKev: boolean, ssvc: Pick<SsvcStatement, 'automatable' | 'technicalImpact'> | null) {
  if (ssvc === null) return null
  const { ifExposed, ifNotExposed } = remediationDeadlines(isInKev, ssvc)
  return { ifExposed: deadlineInWords(ifExposed), ifNotExposed: deadlineInWords(ifNotExposed) }
}

function deadlineInWords({ days, forensicTriage }: RemediationDeadline): string {
  const when = days === null ? 'with the next upgrade' : `within ${days} days`
  return forensicTriage ? `${when}, and look for signs that it was used already` : when
}

function day(at: Instant | string | null | undefined): string | null {
  return at === null || at === undefined ? null : date(typeof at === 'string' && at.length > 10 ? new Date(at) : at)
}

function tenths(score: number): string {
  return (score / 10).toFixed(1)
}

function joined(texts: readonly string[]): string | null {
  return texts.length === 0 ? null : texts.join('; ')
}

function cvssOf(item: StatingItem): readonly CvssStatement[] {
  const all = (item.content.assessments ?? []).flatMap(({ cvss }) => cvss)
  return [...new Map(all.map(statement => [statement.vector, statement])).values()].toSorted((a, b) => b.baseTenths - a.baseTenths).slice(0, 3)
}

function cvssInWords({ vector, version, baseTenths, statedTenths, by }: CvssStatement): string {
  const stated = statedTenths === null ? '' : `, though it says ${tenths(statedTenths)}`
  return `${tenths(baseTenths)} (CVSS ${version}${by === null ? '' : `, ${by}`}${stated}): ${vector}`
}

function ssvcOf(item: StatingItem): SsvcStatement | null {
  return worstSsvc((item.content.assessments ?? []).map(({ ssvc }) => ssvc).filter(statement => statement !== null))
}

function ssvcInWords(statement: SsvcStatement | null): string | null {
  if (statement === null) return null
  const { exploitation, automatable, technicalImpact } = statement
  return `${EXPLOITATION_WORDS[exploitation]}; ${automatable ? 'attacks can be automated' : 'attacks cannot be automated'}; ${technicalImpact} control`
}

function ransomwareWords(use: boolean | null | undefined): string | null {
  return use === null || use === undefined ? null : use ? 'Yes' : 'Not known'
}
