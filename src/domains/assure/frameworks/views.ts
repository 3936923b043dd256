import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import type { CsvLine } from '../../../platform/csv/csv.ts'
import { sortColumn, withQuery, type Query } from '../../../ui/links.ts'
import type { Field, TableModel } from '../../../ui/models.ts'
import type { Taken } from './commands.ts'
import { ASKS } from './fields.ts'
import type { FrameworkDetail, ProfileRow } from './queries/detail.ts'
import type { FrameworkFilter, FrameworkRow, FrameworkSort } from './queries/list.ts'
import { ruleWords } from './words.ts'

const SUBJECTS = [
  { value: 'organisation', text: 'An organisation' },
  { value: 'service', text: 'A service or product' },
]

export function frameworkAddress(code: string, version: string): string {
  return `/frameworks/${encodeURIComponent(code)}/${encodeURIComponent(version)}`
}

export const FRAMEWORKS_HEAD = [
  'Code',
  'Version',
  'Name',
  'Publisher',
  'About',
  'Outcomes',
  'Indicators',
  'Profiles',
  'Findings',
  'Comes with the product',
  'Loaded',
]

export function frameworkLine(row: FrameworkRow): CsvLine {
  const { code, version, name, publisher, subject, outcomes, indicators, profiles, findings, isShipped, loadedAt } = row
  return [code, version, name, publisher, subject, outcomes, indicators, profiles, findings, isShipped ? 'yes' : 'no', loadedAt.toISOString()]
}

export function listModel(found: Page<FrameworkRow>, filter: FrameworkFilter, sort: FrameworkSort, cursor: string | null) {
  const query = { q: filter.search, subject: filter.subject, sort: sort === 'name' ? null : sort }
  return {
    total: found.total,
    isFiltered: withQuery('/frameworks', query, { sort: null }) !== '/frameworks',
    filters: {
      action: '/frameworks',
      search: { label: 'Search frameworks', value: filter.search, hint: 'Words of the name, the code or the publisher' },
      selects: [{ name: 'subject', label: 'About', value: filter.subject ?? '', options: [{ value: '', text: 'Any' }, ...SUBJECTS] }],
      keep: { sort: query.sort },
      clearHref: '/frameworks',
    },
    table: frameworksTable(found.rows, { ...query, sort }),
    firstHref: cursor === null ? null : withQuery('/frameworks', query),
    nextHref: found.next === null ? null : withQuery('/frameworks', query, { cursor: found.next }),
    csvHref: withQuery('/frameworks.csv', query),
  }
}

function frameworksTable(rows: readonly FrameworkRow[], query: Query): TableModel {
  return {
    caption: 'Frameworks',
    captionHidden: true,
    head: [
      sortColumn({ text: 'Framework' }, 'name', '/frameworks', query),
      { text: 'Outcomes', format: 'numeric' },
      { text: 'Indicators', format: 'numeric' },
      { text: 'Profiles', format: 'numeric' },
      { text: 'Odd', format: 'numeric' },
      sortColumn({ text: 'Loaded' }, 'loaded', '/frameworks', query),
    ],
    rows: rows.map(row => [
      {
        text: row.name,
        href: frameworkAddress(row.code, row.version),
        hint: [`${row.code} ${row.version}`, row.isShipped ? 'comes with the product' : row.publisher].filter(Boolean).join(' · '),
      },
      row.outcomes,
      row.indicators,
      row.profiles,
      row.findings,
      { date: row.loadedAt },
    ]),
  }
}

/** The page of a framework: its facts, its rule in words, its profiles, what was found odd, and the tree with every statement. */
export function detailModel(detail: FrameworkDetail, { maySetProfile, mayImport }: { readonly maySetProfile: boolean; readonly mayImport: boolean }) {
  const { framework, nodes, indicators, profiles, crosswalks, findings } = detail
  const byOutcome = Map.groupBy(indicators, indicator => indicator.outcomeCode)
  const parents = new Map(nodes.map(node => [node.code, node.parentCode]))
  const label = (code: string) => framework.levels.find(level => level.code === code)?.label ?? code
  const address = frameworkAddress(framework.code, framework.version)
  return {
    framework,
    description: framework.description,
    rule: ruleWords(framework.rule, framework.levels),
    findings: findings.map(finding => finding.message),
    offered:
      mayImport && detail.withdrawnAt === null
        ? [{ label: 'Withdraw this framework', href: `${address}/withdraw`, method: 'post' as const, variant: 'warning' as const }]
        : [],
    addProfileHref: maySetProfile ? `${address}/profiles/add` : null,
    summaryRows: {
      rows: [
        { key: 'Code and version', value: `${framework.code} ${framework.version}` },
        { key: 'About', value: framework.subject === 'service' ? 'A service or product' : 'An organisation' },
        { key: 'Size', value: `${nodes.filter(node => node.kind === 'outcome').length} outcomes, ${indicators.length} indicators` },
        ...(framework.publisher === '' ? [] : [{ key: 'Publisher', value: framework.publisher }]),
        { key: 'Source', value: framework.source },
        ...(framework.licence === '' ? [] : [{ key: 'Licence', value: framework.licence }]),
        ...(detail.withdrawnAt === null ? [] : [{ key: 'Withdrawn', value: { at: detail.withdrawnAt, hint: 'No new review is opened against it' } }]),
        { key: 'Loaded', value: { at: detail.loadedAt, hint: detail.isShipped ? 'It comes with the product' : undefined } },
      ],
    },
    profiles: profilesTable(profiles, detail),
    crosswalks: {
      caption: 'Crosswalks',
      head: [{ text: 'From' }, { text: 'To' }, { text: 'Pairs', format: 'numeric' as const }, { text: 'Source' }],
      rows: crosswalks.map(one => [one.from, one.to, one.pairs, one.source]),
    },
    tree: nodes.map(node => ({
      code: node.code,
      title: node.title,
      description: node.description,
      isOutcome: node.kind === 'outcome',
      depth: depthOf(node.code, parents),
      lists: framework.levels.flatMap(level => {
        const held = (byOutcome.get(node.code) ?? []).filter(indicator => indicator.level === level.code)
        return held.length === 0 ? [] : [{ label: label(level.code), indicators: held.map(({ code, text }) => ({ code, text })) }]
      }),
      statements: byOutcome.get(node.code)?.length ?? 0,
    })),
  }
}

function profilesTable(profiles: readonly ProfileRow[], { framework }: FrameworkDetail): TableModel {
  return {
    caption: 'Profiles: the level that is asked of each outcome',
    head: [
      { text: 'Profile' },
      { text: 'For' },
      ...framework.levels.map(level => ({ text: level.label, format: 'numeric' as const })),
      { text: 'Source' },
    ],
    rows: profiles.map(profile => [
      { text: profile.name, hint: profile.code },
      [profile.organisationType ?? 'Any organisation', profile.period].filter(Boolean).join(', '),
      ...framework.levels.map(level => profile.counts.get(level.code) ?? 0),
      profile.source,
    ]),
  }
}

function depthOf(code: string, parents: ReadonlyMap<string, string | null>): number {
  let depth = 0
  for (let above = parents.get(code); above !== null && above !== undefined && depth < 20; above = parents.get(above)) depth++
  return depth
}

type Typed = Readonly<Record<string, unknown>>

export function importModel(typed: Typed, problems: readonly Problem[], taken: readonly Taken[] | null, notes: readonly string[]) {
  const errorOf = (name: string) => problems.find(problem => problem.pointer === name)?.message
  const value = (name: string) => (typeof typed[name] === 'string' ? typed[name] : '')
  const fields: readonly Field[] = [
    {
      name: 'file',
      kind: 'file',
      label: 'A file',
      hint: 'YAML, JSON, CSV or .xlsx, up to 2 MB. A larger one: carecert frameworks import',
      accept: '.yaml,.yml,.json,.csv,.xlsx',
      error: errorOf('file'),
    },
    {
      name: 'code',
      kind: 'text',
      label: 'Code',
      hint: 'Only where the file does not say it',
      value: value('code'),
      error: errorOf('code'),
      optional: true,
      width: 20,
    },
    {
      name: 'version',
      kind: 'text',
      label: 'Version',
      hint: 'Only where the file does not say it, such as 4.0',
      value: value('version'),
      error: errorOf('version'),
      optional: true,
      width: 10,
    },
  ]
  return {
    form: { action: '/frameworks/import', fields, submit: 'Import the file', cancelHref: '/frameworks', files: true, autosave: false },
    taken: taken?.map(one => ({ ...one, sentence: `${WHAT[one.what]} ${one.code} ${one.version}: ${one.outcome}.` })) ?? null,
    notes,
  }
}

const WHAT = { framework: 'Framework', profile: 'Profile', crosswalk: 'Crosswalk' } as const

/** The form of a profile: a select for each outcome, with the levels that it can have. */
export function profileModel({ framework, nodes }: FrameworkDetail, typed: Typed, problems: readonly Problem[]) {
  const errorOf = (name: string) => problems.find(problem => problem.pointer === name)?.message
  const value = (name: string) => (typeof typed[name] === 'string' ? typed[name] : '')
  const text = (name: string, label: string, hint: string, optional = false): Field => ({
    name,
    kind: 'text',
    label,
    hint,
    value: value(name),
    error: errorOf(name),
    optional,
  })
  const address = frameworkAddress(framework.code, framework.version)
  const fields: readonly Field[] = [
    text('name', 'Name', 'As its publisher calls it'),
    { ...text('code', 'Short code', 'Such as baseline. One that is there already is replaced'), width: 20 },
    text('source', 'Where it comes from', 'Title, publisher and date of the official table. A profile without a source is not taken'),
    text('organisationType', 'For which organisations', 'Such as trust. Leave it empty for all', true),
    { ...text('period', 'For which year', 'Such as 2026-27', true), width: 10 },
    ...nodes
      .filter(node => node.kind === 'outcome')
      .map((node): Field => {
        const name = `${ASKS}${node.code}`
        const levels = framework.levels.filter(level => node.levels.includes(level.code))
        const options = [{ value: '', text: 'Not asked' }, ...levels.map(level => ({ value: level.code, text: level.label }))]
        return { name, kind: 'select', label: `${node.code} ${node.title}`, options, value: value(name), error: errorOf(name) }
      }),
  ]
  return { framework, backHref: address, form: { action: `${address}/profiles/add`, fields, submit: 'Save the profile', cancelHref: address } }
}
