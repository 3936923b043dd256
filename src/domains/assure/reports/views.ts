import { date } from '../../../ui/filters/dates.ts'
import type { Tag } from '../../../ui/labels.ts'
import { withQuery } from '../../../ui/links.ts'
import type { BarSegment, Cell, TableModel } from '../../../ui/models.ts'
import { statusLabel, type Level } from '../frameworks/model.ts'
import { pounds } from '../money.ts'
import { agreementWords, coefficientText } from '../veracity.ts'
import { standingText, titleOf } from './files.ts'
import { gapsOf, objectivesOf, type Report, type ReportOutcome } from './model.ts'
import type { BoardMoney } from './money/queries.ts'

const TONES = { good: 'green', partial: 'yellow', bad: 'red' } as const satisfies Readonly<Record<Level['tone'], Tag['colour']>>
const BAR_TONES = { good: 'done', partial: 'busy', bad: 'silent' } as const satisfies Readonly<Record<Level['tone'], BarSegment['tone']>>
const RISK_COLOURS = ['green', 'yellow', 'orange', 'red'] as const

function statusTag(levels: readonly Level[], status: string): Tag {
  const level = levels.find(({ code }) => code === status)
  return { text: statusLabel(levels, status), colour: level === undefined ? 'grey' : TONES[level.tone] }
}

const percent = (share: number) => `${Math.round(share * 100)}%`

function reportAddress(assessmentId: string, rest = ''): string {
  return `/assessments/${assessmentId}/report${rest}`
}

/** What stands at the head of a report and of the board page alike. */
function headOf(report: Report) {
  const { assessment, framework, organisation, engagement, warning, risk } = report
  const isOwn = (actorOrganisation: string | null) => actorOrganisation === assessment.organisationId
  return {
    title: titleOf(report),
    organisation: organisation.name,
    caption: `${framework.name} ${framework.version}, ${assessment.period}, ${assessment.subject}`,
    profile: assessment.profileName,
    warning,
    standing: standingText(report),
    assessor: engagement === null ? null : `${engagement.assessorName}, ${engagement.assessorBody}`,
    madeAt: report.madeAt,
    hash: report.hash,
    signatures: report.signatures.filter(({ hash }) => hash === report.hash),
    risk: {
      tag: { text: risk.level.label, colour: riskColour(risk.level.code) },
      share: percent(risk.share),
      source: `${report.riskSource}, from ${date(report.riskRuleFrom)}`,
      because: risk.because.length,
      isAsked: isAsked(report),
      unanswered: report.outcomes.filter(({ status }) => status === 'unanswered').length,
      narrative: report.narrative,
    },
    isOwn,
  }
}

function riskColour(code: string): Tag['colour'] {
  const at = ['low', 'moderate', 'high', 'very-high'].indexOf(code)
  return RISK_COLOURS[at] ?? 'grey'
}

export function reportModel(report: Report, view: 'full' | 'summary', actor: { readonly organisationId: string | null; readonly mayOffer: boolean }) {
  const { assessment, framework, outcomes } = report
  const { isOwn, ...head } = headOf(report)
  const own = isOwn(actor.organisationId)
  const strengths = outcomes.flatMap(({ outcome, findings }) => findings.filter(({ kind }) => kind === 'strength').map(one => ({ ...one, outcome })))
  return {
    ...head,
    backHref: own ? `/assessments/${assessment.id}` : `/independent/${report.engagement?.id ?? ''}`,
    isFull: view === 'full',
    otherHref: reportAddress(assessment.id, view === 'full' ? '?view=summary' : ''),
    otherText: view === 'full' ? 'The summary alone' : 'The full report',
    boardHref: own ? `/assessments/${assessment.id}/board` : null,
    agreementHref: report.standing === null ? null : `/assessments/${assessment.id}/agreement`,
    files: ['csv', 'xlsx', 'oscal.json'].map(kind => ({ href: reportAddress(assessment.id, `.${kind}`), text: FILES[kind] })),
    objectives: objectivesTable(report),
    veracity: veracityModel(report),
    strengths: strengths.map(({ outcome, id, what, detail, advice }) => ({
      code: outcome.code,
      what,
      detail,
      advice,
      offerHref: own && actor.mayOffer ? withQuery(`/assessments/${assessment.id}/practices/offer`, { outcome: outcome.code, finding: id }) : null,
    })),
    priorities: outcomes
      .filter(({ meets, findings }) => meets === false && findings.some(({ kind }) => kind === 'finding'))
      .flatMap(one => findingsOf(one)),
    outcomes: outcomes.map(one => ({
      heading: `${one.outcome.code} ${one.outcome.title}`,
      tag: statusTag(framework.levels, one.status),
      asked: one.outcome.required === null ? null : statusLabel(framework.levels, one.outcome.required),
      isBelow: one.meets === false,
      views: [
        { who: 'The organisation', tag: statusTag(framework.levels, one.self) },
        ...(one.independent === null ? [] : [{ who: 'The assessor', tag: statusTag(framework.levels, one.independent) }]),
        ...(one.agreed === null ? [] : [{ who: 'Agreed', tag: statusTag(framework.levels, one.agreed) }]),
      ],
      isChanged: one.changes > 0,
      text: one.text,
      difference: one.difference,
      why: one.why,
      findings: findingsOf(one),
    })),
  }
}

const FILES: Readonly<Record<string, string>> = { csv: 'CSV', xlsx: 'Spreadsheet', 'oscal.json': 'OSCAL assessment results' }

function findingsOf({ outcome, findings, meets }: ReportOutcome) {
  return findings
    .filter(({ kind }) => kind === 'finding')
    .map(({ what, detail, advice }) => ({ code: outcome.code, what, detail, advice, isPriority: meets === false }))
}

const isAsked = ({ outcomes }: Report) => outcomes.some(({ meets }) => meets !== null)

function objectivesTable(report: Report): TableModel {
  return isAsked(report) ? askedTable(report) : levelsTable(report)
}

/** Where no profile asks anything: how many outcomes of each objective stand at each level. */
function levelsTable({ framework, outcomes }: Report): TableModel {
  const columns = [
    ...framework.levels.map(({ code, label, tone }) => ({ code, label, tone: BAR_TONES[tone] })),
    { code: 'unanswered', label: 'Not answered', tone: 'declined' as const },
  ]
  return {
    caption: 'Where we stand',
    head: [{ text: 'Objective' }, ...columns.map(({ label }) => ({ text: label, format: 'numeric' as const })), { text: 'Share' }],
    rows: [...Map.groupBy(outcomes, ({ outcome }) => outcome.objective)].map(([code, of]): readonly Cell[] => {
      const counts = columns.map(column => ({ ...column, count: of.filter(({ status }) => status === column.code).length }))
      return [`${code} ${of[0]?.outcome.objectiveTitle ?? ''}`.trim(), ...counts.map(({ count }) => count), { bar: counts }]
    }),
  }
}

function askedTable(report: Report): TableModel {
  return {
    caption: 'Against what is asked',
    head: [
      { text: 'Objective' },
      { text: 'As good as asked', format: 'numeric' },
      { text: 'Below', format: 'numeric' },
      { text: 'Not asked', format: 'numeric' },
      { text: 'Share' },
    ],
    rows: objectivesOf(report).map(({ code, title, meets, below, notAsked }) => [
      `${code} ${title}`.trim(),
      meets,
      below,
      notAsked,
      { bar: barOf(meets, below, notAsked) },
    ]),
  }
}

function barOf(meets: number, below: number, notAsked: number): readonly BarSegment[] {
  return [
    { label: 'As good as asked', count: meets, tone: 'done' },
    { label: 'Below', count: below, tone: 'silent' },
    { label: 'Not asked', count: notAsked, tone: 'declined' },
  ]
}

function veracityModel({ veracity, veracityWords }: Report) {
  if (veracity === null) return null
  type Line = (typeof veracity)['outcomes']
  const line = (name: string, one: Line): readonly Cell[] => [
    name,
    one.n,
    one.same === null ? null : percent(one.same),
    coefficientText(one.kappa, one.n),
    coefficientText(one.ac1, one.n),
    one.flattering,
    one.harsh,
  ]
  return {
    words: veracityWords,
    band: agreementWords(veracity.outcomes),
    table: {
      caption: 'How true the self-assessment was',
      head: [
        { text: 'Compared' },
        { text: 'Number', format: 'numeric' },
        { text: 'The same' },
        { text: 'Kappa' },
        { text: 'AC1' },
        { text: 'Flattering', format: 'numeric' },
        { text: 'Harsh', format: 'numeric' },
      ],
      rows: [
        line('Statements', veracity.indicators),
        line('Outcomes', veracity.outcomes),
        ...veracity.objectives.map(one => line(`Outcomes of ${one.code}`, one)),
      ],
    } satisfies TableModel,
  }
}

/** One page: where we stand, what is strong, three gaps, what it costs, what we decide. */
export function boardModel(report: Report, money: BoardMoney | null) {
  const { framework, outcomes, assessment } = report
  const { isOwn: _, ...head } = headOf(report)
  const asked = outcomes.filter(({ meets }) => meets !== null)
  const good = asked.filter(({ meets }) => meets === true).length
  const strengths = outcomes.flatMap(({ outcome, findings }) =>
    findings.filter(({ kind }) => kind === 'strength').map(({ what }) => `${outcome.code}: ${what}`),
  )
  const whole = objectivesOf(report).filter(({ meets, below }) => below === 0 && meets > 0)
  const best = outcomes.filter(({ outcome, status }) => status === outcome.levels[0])
  const likeliest = isAsked(report)
    ? whole.map(({ code, title }) => `${code} ${title}: all that is asked is there`)
    : best.map(({ outcome, status }) => `${outcome.code} ${outcome.title}: ${statusLabel(framework.levels, status).toLowerCase()}`)
  return {
    ...head,
    backHref: reportAddress(assessment.id),
    good,
    asked: asked.length,
    best: best.length,
    total: outcomes.filter(({ status }) => status !== 'not-applicable').length,
    objectives: { ...objectivesTable(report), captionHidden: true },
    strengths: (strengths.length > 0 ? strengths : likeliest).slice(0, 3),
    gaps: gapsOf(report).map(one => {
      const [finding] = one.findings.filter(({ kind }) => kind === 'finding')
      return {
        heading: `${one.outcome.code} ${one.outcome.title}`,
        tag: statusTag(framework.levels, one.status),
        asked: one.outcome.required === null ? '' : statusLabel(framework.levels, one.outcome.required),
        what: finding?.what ?? one.text,
        advice: finding?.advice ?? '',
      }
    }),
    money: money === null ? null : moneyModel(money),
  }
}

function moneyModel({ open, late, granted, missing, next, decided }: BoardMoney) {
  return {
    open,
    late,
    granted: pounds(granted),
    missing: pounds(missing),
    isMissing: missing > 0,
    total: pounds(granted + missing),
    next: next.map(({ id, title, dueOn, funding }) => ({ href: `/plan/${id}`, title, dueOn, funding })),
    decided,
  }
}
