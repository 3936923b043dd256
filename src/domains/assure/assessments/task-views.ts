import type { Page } from '../../../kernel/page.ts'
import { may, type Actor } from '../../../platform/work/actor.ts'
import type { Tag } from '../../../ui/labels.ts'
import { withQuery } from '../../../ui/links.ts'
import type { Action, Cell, TableModel } from '../../../ui/models.ts'
import type { Level } from '../frameworks/model.ts'
import { statusLabel } from '../frameworks/model.ts'
import { sectionsFor } from '../sections.ts'
import { ASSESSMENT_LIFECYCLE, seesOnlyGiven, type Assessment } from './model.ts'
import type { CohortMiddle } from './outcomes/cohort.ts'
import { PROGRESS, totalsOf, type OutcomeFilter, type OutcomeLine, type Progress } from './outcomes/model.ts'
import { levelsChart } from './trend/views.ts'
import { assessmentPath, outcomePath, stateTag, statusTag, titleOf } from './views.ts'

const PROGRESS_TAGS: Readonly<Record<Exclude<Progress, 'complete'>, Tag>> = {
  'not-started': { text: 'Not started', colour: 'grey' },
  'in-progress': { text: 'In progress', colour: 'blue' },
  'to-confirm': { text: 'To confirm', colour: 'purple' },
}

export interface TasksParts {
  readonly assessment: Assessment
  readonly lines: readonly OutcomeLine[]
  readonly found: Page<OutcomeLine>
  readonly filter: OutcomeFilter
  readonly cursor: string | null
  readonly levels: readonly Level[]
  readonly cohort: CohortMiddle | null
  readonly actor: Actor
}

const MINE_SHOWN = 10

export function tasksView({ assessment, lines, found, filter, cursor, levels, cohort, actor }: TasksParts) {
  const path = assessmentPath(assessment.id)
  const query = queryOf(filter)
  const isFiltered = Object.values(query).some(value => value !== null && value !== '')
  const totals = totalsOf(lines)
  const hasTarget = assessment.profileId !== null
  const mine = lines.filter(line => line.isMine && line.progress !== 'complete')
  const tableOf = (caption: string, rows: readonly OutcomeLine[]) => outcomesTable(caption, rows, { assessment, levels, hasTarget })
  return {
    sections: sectionsFor(actor),
    assessment,
    title: titleOf(assessment),
    state: stateTag(assessment.state),
    isOpen: assessment.state === 'open',
    isContributor: seesOnlyGiven(actor),
    mayOpen: may(actor, 'assure.assessment.open'),
    totals,
    hasTarget,
    first: firstOf(assessment, mine[0] ?? lines.find(line => line.progress !== 'complete')),
    mine: isFiltered || seesOnlyGiven(actor) || mine.length === 0 ? null : tableOf('Yours to do', mine.slice(0, MINE_SHOWN)),
    mineMore: mine.length > MINE_SHOWN ? { total: mine.length, href: withQuery(path, { who: 'mine' }) } : null,
    groups: groupsOf(found.rows).map(({ code, title, rows }) => tableOf([code, title].filter(text => text !== '').join(' '), rows)),
    total: found.total,
    isFiltered,
    clearHref: path,
    filters: filtersOf(path, filter, hasTarget),
    links: linksOf(assessment, actor),
    actions: actionsOf(assessment, actor),
    waitingHref: withQuery(path, { progress: 'to-confirm' }),
    belowHref: withQuery(path, { below: 'yes' }),
    chart: chartOf(path, lines, levels, cohort),
    cohort: cohortOf(cohort),
    firstHref: cursor === null ? null : withQuery(path, query),
    nextHref: found.next === null ? null : withQuery(path, query, { cursor: found.next }),
    csvHref: withQuery(`${path}/outcomes.csv`, query),
  }
}

function firstOf({ id }: Assessment, line: OutcomeLine | undefined) {
  return line === undefined
    ? null
    : { href: outcomePath(id, line.code), label: `${line.code} ${line.title}`, isBegun: line.progress !== 'not-started' }
}

function chartOf(path: string, lines: readonly OutcomeLine[], levels: readonly Level[], cohort: CohortMiddle | null) {
  const { table } = levelsChart(lines, levels, cohort)
  return {
    src: `${path}/levels.svg`,
    alt: 'Where we stand, outcome by outcome',
    caption: 'Where we stand',
    width: 760,
    height: 34 * (table.rows.length + 1),
    table,
  }
}

function cohortOf(cohort: CohortMiddle | null) {
  if (cohort === null || cohort.middles.size === 0) return null
  return { name: cohort.name, href: withQuery('/benchmark', { release: cohort.releaseId, cohort: cohort.cohort }) }
}

function queryOf({ search, who, progress, isBelow }: OutcomeFilter) {
  return { q: search, who: who === '' ? null : who, progress, below: isBelow ? 'yes' : null }
}

const PROGRESS_WORDS: Readonly<Record<Progress, string>> = {
  'not-started': 'Not started',
  'in-progress': 'In progress',
  'to-confirm': 'To confirm',
  complete: 'Complete',
}

function filtersOf(path: string, filter: OutcomeFilter, hasTarget: boolean) {
  return {
    action: path,
    search: { label: 'Search the outcomes', value: filter.search, hint: 'A code such as B2.a, or words' },
    selects: [
      {
        name: 'who',
        label: 'Whose',
        value: filter.who,
        options: [
          { value: '', text: 'Anybody’s' },
          { value: 'mine', text: 'Mine' },
          { value: 'nobody', text: 'Without an owner' },
        ],
      },
      {
        name: 'progress',
        label: 'Progress',
        value: filter.progress ?? '',
        options: [{ value: '', text: 'Any' }, ...PROGRESS.map(value => ({ value, text: PROGRESS_WORDS[value] }))],
      },
    ],
    checkboxes: hasTarget
      ? [{ name: 'below', label: 'Target', values: filter.isBelow ? ['yes'] : [], options: [{ value: 'yes', text: 'Only below the target' }] }]
      : [],
  }
}

/** By the outermost group and the one below it, in the framework's order. */
function groupsOf(rows: readonly OutcomeLine[]) {
  const groups = new Map<string, { code: string; title: string; rows: OutcomeLine[] }>()
  for (const line of rows) {
    const top = line.groups[0] ?? { code: '', title: 'Outcomes' }
    const group = groups.get(top.code) ?? { ...top, rows: [] }
    group.rows.push(line)
    groups.set(top.code, group)
  }
  return [...groups.values()]
}

interface TableParts {
  readonly assessment: Assessment
  readonly levels: readonly Level[]
  readonly hasTarget: boolean
}

function outcomesTable(caption: string, lines: readonly OutcomeLine[], { assessment, levels, hasTarget }: TableParts): TableModel {
  return {
    caption,
    head: [{ text: 'Outcome' }, { text: 'Status' }, ...(hasTarget ? [{ text: 'Asked' }] : []), { text: 'Answered' }, { text: 'Owner' }],
    rows: lines.map((line): readonly Cell[] => [
      {
        text: `${line.code} ${line.title}`,
        href: outcomePath(assessment.id, line.code),
        hint: line.groups.length > 1 ? line.groups.at(-1)?.title : undefined,
      },
      { text: '', tags: [line.progress === 'complete' ? statusTag(levels, line.status) : PROGRESS_TAGS[line.progress]] },
      ...(hasTarget ? [targetCell(line, levels)] : []),
      { text: `${line.answered} of ${line.indicators}`, hint: line.waiting === 0 ? undefined : `${line.waiting} to confirm` },
      line.owner?.name ?? null,
    ]),
  }
}

function targetCell({ target, meetsTarget }: OutcomeLine, levels: readonly Level[]): Cell {
  if (target === null) return null
  return { text: statusLabel(levels, target), tags: meetsTarget === false ? [{ text: 'Below', colour: 'orange' }] : undefined }
}

/** An assessor has handed over: before that there is nothing to agree. What was agreed of a closed review is reached from its report. */
const AGREEABLE: readonly Assessment['state'][] = ['agreeing', 'agreed']

function linksOf({ id, state, carriedFrom }: Assessment, actor: Actor): readonly { readonly label: string; readonly href: string }[] {
  if (seesOnlyGiven(actor)) return []
  const path = assessmentPath(id)
  return [
    ...(may(actor, 'assure.assessment.open') ? [{ label: 'Who answers what', href: `${path}/respondents` }] : []),
    ...(carriedFrom === null ? [] : [{ label: 'What changed since last year’s review', href: `${path}/carried` }]),
    { label: 'Year on year', href: `${path}/trend` },
    ...(may(actor, 'assure.assessment.open') && state === 'open' ? [{ label: 'Answer in a spreadsheet', href: `${path}/sheet` }] : []),
    { label: 'Evidence', href: `${path}/evidence` },
    ...(may(actor, 'assure.report.view') ? [{ label: 'Report', href: `${path}/report` }] : []),
    ...(may(actor, 'assure.report.view') ? [{ label: 'One page for the board', href: `${path}/board` }] : []),
    ...(may(actor, 'assure.engagement.ask') ? [{ label: 'Independent assessor', href: `${path}/engagement` }] : []),
    ...(may(actor, 'assure.agreement.sign') && AGREEABLE.includes(state) ? [{ label: 'Agreement', href: `${path}/agreement` }] : []),
    ...(may(actor, 'assure.share.view') ? [{ label: 'Who sees this', href: `${path}/sharing` }] : []),
  ]
}

const OWN_ACTIONS = ['close', 'reopen', 'withdraw'] as const

function actionsOf({ id, state }: Assessment, actor: Actor): readonly Action[] {
  return OWN_ACTIONS.flatMap((action): readonly Action[] => {
    const step = ASSESSMENT_LIFECYCLE[state][action]
    if (step === undefined || !may(actor, step.permission)) return []
    return [
      {
        label: step.label,
        href: `${assessmentPath(id)}/${action}`,
        method: 'post',
        reason: step.reason,
        variant: action === 'withdraw' ? 'warning' : 'secondary',
      },
    ]
  })
}

export const TASK_HEAD = [
  'code',
  'outcome',
  'part of',
  'status',
  'progress',
  'asked',
  'meets what is asked',
  'answered',
  'of',
  'to confirm',
  'owner',
] as const

export function taskLine(line: OutcomeLine, levels: readonly Level[]): readonly (string | number | null)[] {
  const { code, title, groups, status, progress, target, meetsTarget, answered, indicators, waiting, owner } = line
  const meets = meetsTarget === null ? null : meetsTarget ? 'yes' : 'no'
  const asked = target === null ? null : statusLabel(levels, target)
  const path = groups.map(group => group.title).join(' / ')
  return [code, title, path, statusLabel(levels, status), PROGRESS_WORDS[progress], asked, meets, answered, indicators, waiting, owner?.name ?? null]
}
