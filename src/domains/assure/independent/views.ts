import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import type { Tag } from '../../../ui/labels.ts'
import { withQuery } from '../../../ui/links.ts'
import type { Field, TableModel } from '../../../ui/models.ts'
import { stateLabel } from '../assessments/model.ts'
import { ENGAGEMENT_KINDS, ENGAGEMENT_STATES, rowsOf, tagOf, type Engagement } from '../engagements/model.ts'
import { statusLabel, type Level } from '../frameworks/model.ts'
import { answerFields, declareFields, FINDING_WORDS, findingFields, viewFields } from './form-views.ts'
import { isBelow, missingOf, type Desk, type DeskLine, type Missing, type OutcomeSheet } from './model.ts'

export const INDEPENDENT = '/independent'

export function deskAddress(engagementId: string, rest = ''): string {
  return `${INDEPENDENT}/${engagementId}${rest}`
}

export function outcomeAddress(engagementId: string, code: string, rest = ''): string {
  return deskAddress(engagementId, `/outcomes/${encodeURIComponent(code)}${rest}`)
}

const TONES = { good: 'green', partial: 'yellow', bad: 'red' } as const satisfies Readonly<Record<Level['tone'], Tag['colour']>>

/** A status in its words and its colour. */
function statusTag(levels: readonly Level[], status: string): Tag {
  const level = levels.find(({ code }) => code === status)
  return { text: statusLabel(levels, status), colour: level === undefined ? 'grey' : TONES[level.tone] }
}

export interface ListQuery {
  readonly q: string
  readonly state: string
  readonly cursor: string | null
}

export function listModel(found: Page<Engagement>, query: ListQuery, now: Date, mayModerate: boolean) {
  const isNarrowed = query.q !== '' || query.state !== ''
  return {
    mayModerate,
    total: found.total,
    isNarrowed,
    clearHref: INDEPENDENT,
    csvHref: withQuery(`${INDEPENDENT}.csv`, { q: query.q, state: query.state }),
    firstHref: query.cursor === null ? null : withQuery(INDEPENDENT, { q: query.q, state: query.state }),
    nextHref: found.next === null ? null : withQuery(INDEPENDENT, { q: query.q, state: query.state, cursor: found.next }),
    filters: {
      action: INDEPENDENT,
      search: { label: 'Search by organisation', value: query.q },
      selects: [
        {
          name: 'state',
          label: 'State',
          value: query.state,
          options: [
            { value: '', text: 'Not over' },
            ...Object.entries(ENGAGEMENT_STATES).map(([value, { label }]) => ({ value, text: label })),
            { value: 'all', text: 'All' },
          ],
        },
      ],
      clearHref: isNarrowed ? INDEPENDENT : undefined,
    },
    table: {
      caption: 'Assessments that you were asked for',
      captionHidden: true,
      head: [{ text: 'Organisation' }, { text: 'As' }, { text: 'State' }, { text: 'Until' }],
      rows: found.rows.map(one => [
        { text: one.organisationName, href: deskAddress(one.id) },
        ENGAGEMENT_KINDS[one.kind].label,
        { tags: [tagOf(one, now)] },
        { date: one.until },
      ]),
    } satisfies TableModel,
  }
}

/** What somebody who was asked sees before declaring, and once it is over: what was asked, and nothing of the review. */
export function askedModel(
  engagement: Engagement,
  now: Date,
  mayDeclare: boolean,
  typed: Readonly<Record<string, unknown>>,
  problems: readonly Problem[],
) {
  return {
    backHref: INDEPENDENT,
    name: engagement.organisationName,
    tag: tagOf(engagement, now),
    rows: rowsOf(engagement),
    declare: mayDeclare
      ? {
          action: deskAddress(engagement.id, '/declare'),
          submit: 'Declare, and accept',
          fields: declareFields(typed, name => problems.find(({ pointer }) => pointer === name)?.message),
        }
      : null,
  }
}

const MISSING_WORDS: Readonly<Record<Missing['what'], string>> = {
  record: 'Record your view',
  difference: 'Say why you see it differently',
  finding: 'Write a finding: it is below what the profile asks',
  strength: 'Name at least one strength',
  narrative: 'Write your conclusions',
}

export function deskModel(desk: Desk, now: Date, typed: Readonly<Record<string, unknown>> = {}, problems: readonly Problem[] = []) {
  const { engagement, assessment, framework, lines, conclusion } = desk
  const isSecond = engagement.kind === 'second'
  const mayWrite = isSecond ? engagement.submittedAt === null && assessment.state !== 'withdrawn' : assessment.state === 'with-assessor'
  const missing = missingOf(desk)
  const valueOf = (name: 'narrative' | 'veracity') => (typeof typed[name] === 'string' ? typed[name] : (conclusion?.[name] ?? ''))
  const area = (name: 'narrative' | 'veracity', label: string): Field => ({
    name,
    label,
    kind: 'textarea',
    rows: 5,
    value: valueOf(name),
    error: problems.find(({ pointer }) => pointer === name)?.message,
  })
  return {
    backHref: INDEPENDENT,
    name: engagement.organisationName,
    caption: `${framework.name} ${framework.version}, ${assessment.period}, ${assessment.subject}`,
    tag: tagOf(engagement, now),
    state: stateLabel(assessment.state),
    rows: rowsOf(engagement),
    isSecond,
    mayWrite,
    isHandedOver: engagement.submittedAt !== null,
    recorded: lines.filter(({ own }) => own?.state === 'recorded').length,
    total: lines.length,
    groups: groupsOf(desk),
    missing: missing.map(({ what, outcome }) => ({
      text: outcome === null ? MISSING_WORDS[what] : `${outcome}: ${MISSING_WORDS[what]}`,
      href:
        outcome === null
          ? what === 'narrative'
            ? '#narrative'
            : outcomeAddress(engagement.id, lines[0]?.outcome.code ?? '')
          : outcomeAddress(engagement.id, outcome),
    })),
    conclude:
      isSecond || !mayWrite
        ? null
        : {
            action: deskAddress(engagement.id, '/conclusion'),
            submit: 'Save your conclusions',
            fields: [
              area('narrative', 'The overall risk of the control environment, in words'),
              area('veracity', 'How true the self-assessment is, in words'),
            ],
          },
    said: mayWrite ? null : conclusion,
    handOver: mayWrite
      ? [
          {
            label: isSecond ? 'Hand over your views' : 'Hand over to the organisation',
            href: deskAddress(engagement.id, '/hand-over'),
            method: 'post',
          },
        ]
      : [],
    agreementHref: !isSecond && ['agreeing', 'agreed', 'closed'].includes(assessment.state) ? `/assessments/${assessment.id}/agreement` : null,
    reportHref: !isSecond && engagement.submittedAt !== null ? `/assessments/${assessment.id}/report` : null,
  }
}

function groupsOf({ engagement, framework, lines }: Desk) {
  const titles = new Map(lines.map(({ outcome }) => [outcome.objective, outcome.objectiveTitle]))
  return [...titles].map(([objective, title]) => ({
    title: `${objective} ${title}`.trim(),
    table: {
      caption: `${objective} ${title}`.trim(),
      captionHidden: true,
      head: [
        { text: 'Outcome' },
        { text: 'Your view' },
        { text: 'Their own' },
        { text: 'Findings', format: 'numeric' },
        { text: 'Strengths', format: 'numeric' },
      ],
      rows: lines
        .filter(({ outcome }) => outcome.objective === objective)
        .map(line => [
          { text: `${line.outcome.code} ${line.outcome.title}`, href: outcomeAddress(engagement.id, line.outcome.code) },
          { tags: ownTags(line, framework.levels) },
          line.self === null
            ? 'Not shown yet'
            : { tags: [statusTag(framework.levels, line.self.status), ...(line.differs ? [{ text: 'Differs', colour: 'orange' } as const] : [])] },
          line.findings,
          line.strengths,
        ]),
    } satisfies TableModel,
  }))
}

function ownTags(line: DeskLine, levels: readonly Level[]): readonly Tag[] {
  if (line.own === null) return [{ text: 'Not begun', colour: 'grey' }]
  if (line.own.state === 'open') return [{ text: 'In work', colour: 'blue' }]
  return [
    statusTag(levels, line.own.status),
    ...(isBelow(line, levels) ? [{ text: 'Below the profile', colour: 'orange' } as const] : []),
    ...(line.changes > 0 ? [{ text: 'Changed after recording', colour: 'purple' } as const] : []),
  ]
}

const SAID = { yes: 'Yes', no: 'No', 'not-applicable': 'Does not apply' } as const

export function outcomeModel(desk: Desk, sheet: OutcomeSheet, typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]) {
  const { engagement, framework, lines } = desk
  const { line, indicators, own, self, findings } = sheet
  const { code } = line.outcome
  const errorOf = (name: string) => problems.find(({ pointer }) => pointer === name)?.message
  const isRecorded = line.own?.state === 'recorded'
  const isSecond = engagement.kind === 'second'
  const mayWrite = isSecond ? engagement.submittedAt === null : desk.assessment.state === 'with-assessor'
  const at = lines.findIndex(({ outcome }) => outcome.code === code)
  const next = lines[at + 1]
  const address = (rest = '') => outcomeAddress(engagement.id, code, rest)
  return {
    backHref: deskAddress(engagement.id),
    backText: engagement.organisationName,
    code,
    title: line.outcome.title,
    description: line.outcome.description,
    required: line.outcome.required === null ? null : statusLabel(framework.levels, line.outcome.required),
    tags: ownTags(line, framework.levels),
    nextHref: next === undefined ? null : outcomeAddress(engagement.id, next.outcome.code),
    nextText: next === undefined ? '' : `${next.outcome.code} ${next.outcome.title}`,
    isRecorded,
    isSecond,
    mayWrite,
    action: address(),
    revision: String(line.own?.revision ?? 0),
    groups: framework.levels
      .map(level => ({
        label: `Statements for “${level.label}”`,
        fields: indicators.filter(one => one.level === level.code).flatMap(one => answerFields(one, own.get(one.code), typed, errorOf)),
      }))
      .filter(({ fields }) => fields.length > 0),
    viewFields: viewFields(sheet, typed, errorOf),
    self:
      line.self === null
        ? null
        : {
            tag: statusTag(framework.levels, line.self.status),
            ownTag: statusTag(framework.levels, line.own?.status ?? 'unanswered'),
            summary: line.self.summary,
            differs: line.differs,
            table: {
              caption: 'Where the two differ',
              captionSize: 's',
              head: [{ text: 'Statement' }, { text: 'You' }, { text: 'The organisation' }],
              rows: indicators
                .filter(one => (self.get(one.code)?.answer ?? null) !== null && self.get(one.code)?.answer !== own.get(one.code)?.answer)
                .map(one => [`${one.code}: ${one.text}`, saidCell(own.get(one.code)), saidCell(self.get(one.code))]),
            } satisfies TableModel,
          },
    explain:
      line.self !== null && line.differs && mayWrite
        ? {
            action: address('/explain'),
            submit: 'Keep this explanation',
            fields: [
              {
                name: 'difference',
                kind: 'textarea',
                label: 'Why do you see it differently?',
                rows: 4,
                value: typeof typed['difference'] === 'string' ? typed['difference'] : (line.own?.difference ?? ''),
                error: errorOf('difference'),
              } satisfies Field,
            ],
          }
        : null,
    difference: line.own?.difference ?? '',
    findings: findings.map(one => ({
      heading: one.kind === 'finding' ? (isBelow(line, framework.levels) ? 'Finding, priority' : 'Finding') : 'Strength',
      rows: [
        { key: FINDING_WORDS[one.kind].what, value: one.what },
        { key: FINDING_WORDS[one.kind].detail, value: one.detail },
        { key: FINDING_WORDS[one.kind].advice, value: one.advice },
      ],
      actions: mayWrite ? [{ label: 'Remove', href: address(`/findings/${one.id}/remove`), method: 'post', variant: 'secondary' }] : [],
    })),
    findingForms:
      isSecond || !isRecorded || !mayWrite
        ? []
        : (['strength', 'finding'] as const).map(kind => ({
            label: kind === 'finding' ? 'Add a finding' : 'Add a strength',
            isOpen: typed['kind'] === kind && problems.length > 0,
            form: {
              id: `add-${kind}`,
              action: address('/findings'),
              autosave: `${address('/findings')}-${kind}`,
              submit: kind === 'finding' ? 'Add the finding' : 'Add the strength',
              values: { kind },
              fields: findingFields(kind, typed, errorOf),
            },
          })),
  }
}

function saidCell(said: { readonly answer: string | null; readonly comment: string } | undefined) {
  const answer = said?.answer
  const text = answer === 'yes' || answer === 'no' || answer === 'not-applicable' ? SAID[answer] : 'Not answered'
  return { text, hint: said?.comment === '' ? undefined : said?.comment }
}
