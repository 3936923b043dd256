import { v5 as uuidv5 } from 'uuid'
import writeXlsxFile from 'write-excel-file/node'
import { writeAssessmentResults } from '../../../codecs/oscal-results/write.ts'
import { csvText, type CsvLine } from '../../../platform/csv/csv.ts'
import { statusLabel } from '../frameworks/model.ts'
import type { Report } from './model.ts'

const OUTCOME_HEAD = [
  'Objective',
  'Code',
  'Outcome',
  'Asked',
  'The organisation',
  'The assessor',
  'Agreed',
  'As good as asked',
  'Evidence',
  'Words',
  'Why they differ',
  'Why agreed',
  'How far agreed',
] as const
const FINDING_HEAD = [
  'Code',
  'Kind',
  'What',
  'Why it matters, or how it is done',
  'Recommendation, or where it could help others',
  'Priority',
] as const

/** The outcomes as CSV. Each line says how far it is agreed. */
export function reportCsv(report: Report): string {
  return csvText(OUTCOME_HEAD, outcomeLines(report))
}

/** As a workbook: a sheet of how it stands, one of outcomes, one of strengths and findings. Each begins with how far it is agreed. Texts are texts: nothing in them is a formula. */
export async function reportWorkbook(report: Report): Promise<Buffer> {
  const sheet = (head: readonly string[], rows: readonly CsvLine[]) => [
    [{ value: standingText(report), type: String, fontWeight: 'bold' as const }],
    head.map(value => ({ value, type: String, fontWeight: 'bold' as const })),
    ...rows.map(row =>
      row.map(value => (value === null || value === '' ? null : typeof value === 'number' ? { value, type: Number } : { value, type: String })),
    ),
  ]
  return writeXlsxFile([
    { data: sheet(['What', 'Which'], aboutLines(report)), sheet: 'Review' },
    { data: sheet(OUTCOME_HEAD, outcomeLines(report)), sheet: 'Outcomes' },
    { data: sheet(FINDING_HEAD, findingLines(report)), sheet: 'Strengths and findings' },
  ]).toBuffer()
}

/** As OSCAL assessment results. Its identifiers are made from our own, so that the same record has the same ones. */
export function reportOscal(report: Report) {
  const { assessment, engagement, framework, organisation, madeAt } = report
  const end = engagement?.submittedAt ?? null
  return writeAssessmentResults({
    uuid: name => uuidv5(`${assessment.id} ${name}`, NAMESPACE),
    title: titleOf(report),
    lastModified: madeAt.toISOString(),
    version: report.hash?.slice(0, 16) ?? 'self',
    organisation: organisation.name,
    assessor: engagement === null ? null : { name: engagement.assessorName, body: engagement.assessorBody },
    terms:
      engagement === null
        ? ''
        : `${engagement.purpose}\n\nUntil ${engagement.until.toISOString()}. ${engagement.independence ?? ''} ${engagement.conflicts ?? ''}`,
    description: standingText(report),
    start: assessment.openedAt.toISOString(),
    end: end?.toISOString() ?? null,
    props: [
      { name: 'framework', value: `${framework.code} ${framework.version}` },
      { name: 'period', value: assessment.period },
      { name: 'subject', value: assessment.subject },
      { name: 'profile', value: assessment.profileName ?? '' },
      { name: 'standing', value: report.standing ?? 'self-only' },
      { name: 'standing-in-words', value: standingText(report) },
      { name: 'signed-content-sha256', value: report.standing === 'signed' ? (report.hash ?? '') : '' },
      { name: 'signed-at', value: report.standing === 'signed' ? (report.signatures[0]?.at.toISOString() ?? '') : '' },
      { name: 'handed-over-at', value: end?.toISOString() ?? '' },
      { name: 'overall-risk', value: report.risk.level.code },
      { name: 'overall-risk-rule', value: `${report.riskSource}, from ${report.riskRuleFrom}` },
    ],
    outcomes: report.outcomes.map(one => ({
      code: one.outcome.code,
      title: one.outcome.title,
      text: one.text,
      satisfied: one.meets ?? one.status === (one.outcome.levels[0] ?? framework.levels[0]?.code),
      collected: (end ?? assessment.changedAt).toISOString(),
      props: [
        { name: 'status', value: one.status },
        { name: 'self-status', value: one.self },
        { name: 'independent-status', value: one.independent ?? '' },
        { name: 'agreed-status', value: one.agreed ?? '' },
        { name: 'required-status', value: one.outcome.required ?? '' },
        { name: 'evidence-grade', value: one.evidenceGrade ?? '' },
      ],
      findings: one.findings
        .filter(({ kind }) => kind === 'finding')
        .map(({ id, what, detail, advice }) => ({ id, what, why: detail, recommendation: advice })),
      strengths: one.findings
        .filter(({ kind }) => kind === 'strength')
        .map(({ id, what, detail, advice }) => ({ id, what, how: detail, help: advice })),
    })),
  })
}

/** For identifiers of version 5 (RFC 9562 §5.5). */
const NAMESPACE = '5d0b52f3-0d3c-5d8e-9a5e-6f0c5d1e7b1a'

export function titleOf({ organisation, framework, assessment }: Report): string {
  return `${organisation.name}: ${framework.name} ${framework.version}, ${assessment.period}, ${assessment.subject}`
}

export function standingText({ warning }: Report): string {
  return warning ?? 'Signed by both sides, as it stands.'
}

function outcomeLines(report: Report): readonly CsvLine[] {
  const { outcomes, framework } = report
  const label = (status: string | null) => (status === null ? null : statusLabel(framework.levels, status))
  return outcomes.map(one => [
    one.outcome.objective,
    one.outcome.code,
    one.outcome.title,
    label(one.outcome.required),
    label(one.self),
    label(one.independent),
    label(one.agreed),
    one.meets === null ? null : one.meets ? 'Yes' : 'No',
    one.evidenceGrade,
    one.text,
    one.difference,
    one.why,
    standingText(report),
  ])
}

function findingLines({ outcomes }: Report): readonly CsvLine[] {
  return outcomes.flatMap(({ outcome, meets, findings }) =>
    findings.map(({ kind, what, detail, advice }) => [
      outcome.code,
      kind === 'finding' ? 'Finding' : 'Strength',
      what,
      detail,
      advice,
      kind === 'finding' && meets === false ? 'Priority' : null,
    ]),
  )
}

function aboutLines(report: Report): readonly CsvLine[] {
  const { organisation, framework, assessment, engagement, risk, signatures, hash } = report
  return [
    ['Organisation', `${organisation.code} ${organisation.name}`],
    ['Framework', `${framework.name} ${framework.version}`],
    ['Profile', assessment.profileName],
    ['Year', assessment.period],
    ['Subject', assessment.subject],
    ['Assessor', engagement === null ? null : `${engagement.assessorName}, ${engagement.assessorBody}`],
    ['Overall risk', risk.level.label],
    ['Rule of the risk', `${report.riskSource}, from ${report.riskRuleFrom}`],
    ['In words', report.narrative],
    ['How true the self-assessment is', report.veracityWords],
    ['Fingerprint (SHA-256)', hash],
    ...signatures.filter(one => one.hash === hash).map(({ name, body, at }) => ['Signed', `${name}, ${body}, ${at.toISOString()}`]),
    ['Made', report.madeAt.toISOString()],
  ]
}
