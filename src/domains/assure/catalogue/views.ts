import type { Page } from '../../../kernel/page.ts'
import { sortColumn, withQuery } from '../../../ui/links.ts'
import type { Action, Cell, TableModel } from '../../../ui/models.ts'
import { improvementContent, overlapContent, scenarioContent, sizeContent } from '../entry-content.ts'
import { figureFields, figureWords } from '../figure-form.ts'
import { figuresOfImprovement, figuresOfScenario, type NamedFigure } from '../figures.ts'
import { pounds } from '../money.ts'
import { CATALOGUE_PAGE, entryAddress, GRADES, PARTS, type Entry, type Part } from './model.ts'
import type { EntryQuery } from './queries.ts'

const PART_WORDS = {
  improvements: { title: 'Improvements', one: 'improvement', what: 'What can be done, what it costs and what it does' },
  scenarios: { title: 'What can happen', one: 'scenario', what: 'How often, what it costs, and how much care is lost' },
  rules: { title: 'Rules', one: 'rule', what: 'How a figure for a hospital becomes yours' },
} as const satisfies Readonly<Record<Part, object>>

export function partTitle(part: Part): string {
  return PART_WORDS[part].title
}

export function listModel(part: Part, found: Page<Entry<unknown>>, query: EntryQuery & { readonly cursor: string | null }) {
  const path = `${CATALOGUE_PAGE}/${part}`
  const keep = { q: query.search, sort: query.sort }
  const isImprovement = part === 'improvements'
  return {
    ...PART_WORDS[part],
    parts: (Object.keys(PARTS) as readonly Part[]).map(name => ({
      label: partTitle(name),
      href: `${CATALOGUE_PAGE}/${name}`,
      isCurrent: name === part,
    })),
    total: found.total,
    isNarrowed: query.search !== '',
    clearHref: path,
    csvHref: withQuery(`${path}/all.csv`, keep),
    firstHref: query.cursor === null ? undefined : withQuery(path, keep),
    nextHref: found.next === null ? undefined : withQuery(path, { ...keep, cursor: found.next }),
    filters: {
      action: path,
      search: { label: 'Search', value: query.search },
      selects: [],
      checkboxes: [],
      keep: { sort: query.sort },
      clearHref: query.search === '' ? undefined : path,
    },
    table: {
      caption: PART_WORDS[part].title,
      captionHidden: true,
      head: [
        sortColumn({ text: 'Name' }, 'name', path, keep),
        { text: isImprovement ? 'Cost, once' : part === 'scenarios' ? 'How often' : 'What it says' },
        ...(isImprovement ? [{ text: 'Cost, each year' }] : part === 'scenarios' ? [{ text: 'Care lost in one' }] : []),
        { text: 'Version', format: 'numeric' as const },
        sortColumn({ text: 'Changed' }, 'changed', path, keep),
      ],
      rows: found.rows.map(entry => [
        { text: entry.name, href: entryAddress(part, entry.code), hint: part === 'rules' ? undefined : summaryOf(entry) },
        ...keyFigures(part, entry),
        entry.version,
        { date: entry.at },
      ]),
    } satisfies TableModel,
  }
}

function keyFigures(part: Part, entry: Entry<unknown>): readonly Cell[] {
  if (part === 'improvements') {
    const { capital, yearly } = improvementContent.parse(entry.content)
    return [figureWords(capital, 'money'), figureWords(yearly, 'money-a-year')]
  }
  if (part === 'rules') return [summaryOf(entry)]
  const { frequency, clinicDays } = scenarioContent.parse(entry.content)
  return [figureWords(frequency, 'events-a-year'), figureWords(clinicDays, 'clinic-days')]
}

export function summaryOf({ content }: Pick<Entry<unknown>, 'content'>): string {
  const summary: unknown = typeof content === 'object' && content !== null ? Reflect.get(content, 'summary') : undefined
  return typeof summary === 'string' ? summary : ''
}

/** The figures of an entry by name. */
export function figuresOf(part: Part, entry: Entry<unknown>, names: ReadonlyMap<string, string>): readonly NamedFigure[] {
  if (part === 'improvements') return figuresOfImprovement(improvementContent.parse(entry.content), code => names.get(code) ?? code)
  return part === 'scenarios' ? figuresOfScenario(scenarioContent.parse(entry.content)) : []
}

export interface EntryPage {
  readonly part: Part
  readonly entry: Entry<unknown>
  readonly versions: readonly Entry<unknown>[]
  readonly scenarios: ReadonlyMap<string, string>
  readonly mayChange: boolean
}

export function entryModel({ part, entry, versions, scenarios, mayChange }: EntryPage) {
  const address = entryAddress(part, entry.code)
  const isChangeable = mayChange && entry.isCurrent && !entry.isWithdrawn && part !== 'rules'
  const actions: readonly Action[] = isChangeable
    ? [{ label: 'Take out of use', href: `${address}/withdraw`, method: 'post', reason: 'required', variant: 'warning' }]
    : []
  return {
    part: PART_WORDS[part],
    backHref: `${CATALOGUE_PAGE}/${part}`,
    entry: { name: entry.name, version: entry.version, at: entry.at, isCurrent: entry.isCurrent, isWithdrawn: entry.isWithdrawn },
    currentHref: address,
    summary: summaryOf(entry),
    facts: { rows: factsOf(part, entry) },
    figures: figuresTable(part, entry, scenarios, isChangeable),
    rule: part === 'rules' ? ruleTable(entry) : null,
    versions: versions.length > 1 ? versionsTable(address, versions) : null,
    actions,
  }
}

function factsOf(part: Part, entry: Entry<unknown>) {
  if (part !== 'improvements') return []
  const { outcomes, years, months, needs, oneOf, mustDo, sizes } = improvementContent.parse(entry.content)
  const list = (words: readonly string[], none: string) => (words.length === 0 ? none : words.join(', '))
  return [
    {
      key: 'Serves the outcomes',
      value: list(
        outcomes.map(({ framework, version, code }) => `${framework.toUpperCase()} ${version} ${code}`),
        'None named',
      ),
    },
    { key: 'For organisations', value: list(sizes, 'None') },
    { key: 'Lasts', value: `${years} years` },
    { key: 'Works after', value: `${months} months` },
    { key: 'Needs first', value: list(needs, 'Nothing') },
    { key: 'One of', value: oneOf ?? 'Stands by itself' },
    ...(mustDo === null ? [] : [{ key: 'Must be done', value: mustDo }]),
  ]
}

function figuresTable(part: Part, entry: Entry<unknown>, names: ReadonlyMap<string, string>, isChangeable: boolean): TableModel | null {
  const figures = figuresOf(part, entry, names)
  if (figures.length === 0) return null
  return {
    caption:
      part === 'improvements'
        ? 'Its figures, for a hospital of about 5,000 staff'
        : 'Its figures, for a hospital of about 5,000 staff that has done little',
    head: [{ text: 'Figure' }, { text: 'Likely' }, { text: 'Evidence' }, { text: 'Where it is from' }],
    rows: figures.map(({ field, label, unit, figure }) => [
      isChangeable ? { text: label, href: entryAddress(part, entry.code, `/figures/${field}`) } : label,
      figureWords(figure, unit),
      { tags: [{ text: GRADES[figure.source.grade].label, colour: GRADES[figure.source.grade].colour }] },
      { text: `${figure.source.saidBy}, ${figure.source.asOf}`, hint: figure.source.words },
    ]),
  }
}

function versionsTable(address: string, versions: readonly Entry<unknown>[]): TableModel {
  return {
    caption: 'Versions',
    head: [{ text: 'Version', format: 'numeric' }, { text: 'When' }, { text: 'Why' }],
    rows: versions.map(({ version, at, reason }) => [{ number: version, href: withQuery(address, { version: String(version) }) }, { at }, reason]),
  }
}

function ruleTable(entry: Entry<unknown>): TableModel {
  if (entry.code === 'overlap') {
    const { groups } = overlapContent.parse(entry.content)
    return {
      caption: 'How far improvements of one kind do the same work',
      head: [{ text: 'Kind' }, { text: 'Overlap', format: 'numeric' }],
      rows: groups.map(({ label, overlap }) => [label, `${Math.round(overlap * 100)}%`]),
    }
  }
  const { sizes } = sizeContent.parse(entry.content)
  return {
    caption: 'What a figure for a hospital of about 5,000 staff is multiplied by',
    head: ['Size', 'Cost', 'Days', 'How often', 'Loss', 'Care lost', 'Money assumed a year', 'A day costs'].map((text, index) =>
      index === 0 ? { text } : { text, format: 'numeric' as const },
    ),
    rows: sizes.map(({ label, cost, days, frequency, loss, care, capital, revenue, dayRate }) => [
      label,
      ...[cost, days, frequency, loss, care].map(factor => `× ${factor}`),
      { text: pounds(capital + revenue), hint: `${pounds(capital)} capital, ${pounds(revenue)} revenue` },
      pounds(dayRate),
    ]),
  }
}

export function changeModel(
  part: Part,
  entry: Entry<unknown>,
  named: NamedFigure,
  typed: Readonly<Record<string, unknown>> | null,
  errorOf: (name: string) => string | undefined,
) {
  const address = entryAddress(part, entry.code)
  return {
    name: entry.name,
    label: named.label,
    action: `${address}/figures/${named.field}`,
    cancelHref: address,
    values: { seen: String(entry.version) },
    fields: [
      ...figureFields(named.unit, named.figure, typed, errorOf),
      {
        name: 'reason',
        kind: 'textarea' as const,
        label: 'Why do you change it?',
        hint: 'Everybody who uses the catalogue can read this',
        rows: 2,
        value: typeof typed?.['reason'] === 'string' ? typed['reason'] : '',
        error: errorOf('reason'),
      },
    ],
  }
}
