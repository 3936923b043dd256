import type { Cell as TableCell } from '../../../ui/models.ts'
import type { IncidentReport } from '../../watch/contract.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import { recipientsAddress } from '../picture/model.ts'
import { differenceOf, LANDMARK_DAYS, rateOf, TOO_FEW, type Cell, type Impact } from './model.ts'
import type { ShownImpact } from './queries.ts'

export function impactView({ bulletin, landmarkDays, windows, impact, reports, toJudge }: ShownImpact, mayJudge: boolean) {
  const number = bulletinNumber(bulletin.number)
  const address = `/bulletins/${number}/impact`
  return {
    number,
    title: bulletin.title,
    tlp: bulletin.tlp,
    action: `${address}/reports?landmark=${landmarkDays}`,
    mayJudge,
    isExercise: bulletin.isExercise,
    landmarkDays,
    landmarks: LANDMARK_DAYS.map(days => ({ text: `${days} days`, href: `${address}?landmark=${days}`, isCurrent: days === landmarkDays })),
    windows,
    tooFew: TOO_FEW,
    rows: impact === null ? [] : [cells('Before the release', impact.before), cells(`From ${landmarkDays} days after it`, impact.after)],
    between: impact?.between ?? 0,
    elsewhere: impact?.elsewhere ?? 0,
    actedHref: `${recipientsAddress(bulletin.number)}?stage=decided`,
    total: reports.total,
    more: reports.total - reports.rows.length,
    reports: reports.rows.map(reportView),
    toJudge: toJudge.map(reportView),
  }
}

function cells(label: string, row: Impact['before']): readonly TableCell[] {
  return [label, cellWords(row.acted), cellWords(row.notActed), differenceWords(row)]
}

/** One to four are never said: a figure of one or two is an organisation by another name. */
function cellWords(cell: Cell): TableCell {
  const rate = rateOf(cell)
  const of = `of ${cell.organisations.toLocaleString('en-GB')}`
  if (rate === null) return { text: 'Too few to say', hint: `fewer than ${TOO_FEW} ${of} reported` }
  const [low, high] = rate.interval
  return {
    text: thousandths(rate.share),
    hint: `${cell.reported.toLocaleString('en-GB')} ${of} reported; 95%: ${thousandths(low)} to ${thousandths(high)}`,
  }
}

function differenceWords(row: Impact['before']): TableCell {
  const found = differenceOf(row)
  if (found === null) return 'Too few to say'
  const [low, high] = found.interval
  const isUnsure = low <= 0 && high >= 0
  return {
    text: `${signed(found.difference)} in 1,000`,
    hint: `95%: ${signed(low)} to ${signed(high)}${isUnsure ? '; this may be chance' : ''}`,
  }
}

function thousandths(share: number): string {
  return `${rounded(share)} in 1,000`
}

function signed(share: number): string {
  return `${share > 0 ? '+' : ''}${rounded(share)}`.replace('-', '−')
}

function rounded(share: number): number {
  return Number((share * 1_000).toPrecision(2))
}

function reportView(report: IncidentReport) {
  return {
    number: report.number,
    href: `/incident-notifications/${report.number}`,
    kind: report.kind,
    at: report.at,
    organisation: report.organisationName,
    organisationHref: `/organisations/${encodeURIComponent(report.organisationCode)}`,
    isConfirmed: report.isConfirmed,
  }
}
