import {
  CAF_LEVELS,
  CAF_RULE,
  frameworkCode,
  REQUIREMENT_LEVELS,
  REQUIREMENT_RULE,
  type CrosswalkDocument,
  type CrosswalkPair,
  type FrameworkFile,
  type FrameworkIndicator,
  type FrameworkLevel,
  type FrameworkNode,
  type FrameworkProfile,
  type FrameworkRule,
} from '../../kernel/framework.ts'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import { cleanLine, cleanText } from '../../kernel/text.ts'

/** The headings of every sheet of the form, in any order. What is not needed may be left out. */
const HEADINGS = ['kind', 'code', 'of', 'level', 'text', 'more'] as const
type Heading = (typeof HEADINGS)[number]

const KINDS = ['fact', 'level', 'step', 'otherwise', 'group', 'outcome', 'indicator', 'profile', 'asks', 'maps'] as const
type Kind = (typeof KINDS)[number]

export interface SheetRow {
  /** `Outcomes, row 12`. */
  readonly place: string
  readonly kind: Kind
  readonly code: string
  readonly of: string
  readonly level: string
  readonly text: string
  readonly more: string
}

/** Whether the first row that is not empty has the headings of the form. */
export function isFrameworkSheet(rows: readonly (readonly string[])[]): boolean {
  const head = rows.find(row => row.some(cell => cell.trim() !== '')) ?? []
  const names = head.map(cell => cell.trim().toLowerCase())
  return names.includes('kind') && names.includes('code') && names.includes('text')
}

/** The rows of one sheet or of a CSV file. Fails on a kind of row that the form does not have. */
export function sheetRows(rows: readonly (readonly string[])[], sheet: string): Result<readonly SheetRow[]> {
  const top = rows.findIndex(row => row.some(cell => cell.trim() !== ''))
  const names = (rows[top] ?? []).map(cell => cell.trim().toLowerCase())
  const read: SheetRow[] = []
  for (const [index, row] of rows.entries()) {
    if (index <= top || row.every(cell => cell.trim() === '')) continue
    const cell = (heading: Heading): string => row[names.indexOf(heading)] ?? ''
    const place = `${sheet}, row ${index + 1}`
    const kind = KINDS.find(known => known === cell('kind').trim().toLowerCase())
    if (kind === undefined)
      return fail(
        refusal(
          'sheet.kind',
          place,
          `${place}: "${cleanLine(cell('kind')).slice(0, 40)}" is not a kind of row. It must be one of: ${KINDS.join(', ')}.`,
        ),
      )
    const line = (heading: Heading): string => cleanLine(cell(heading))
    read.push({ place, kind, code: line('code'), of: line('of'), level: line('level'), text: cleanText(cell('text')), more: cleanText(cell('more')) })
  }
  return succeed(read)
}

/** Reads the rows of all sheets of a file as one framework, or without a `fact` of its code as profiles alone. */
export function readFrameworkSheet(rows: readonly SheetRow[]): Result<FrameworkFile> {
  const of = (kind: Kind): readonly SheetRow[] => rows.filter(row => row.kind === kind)
  const facts = new Map(of('fact').map(row => [row.code.toLowerCase(), row.text]))
  const fact = (name: string): string => facts.get(name) ?? ''
  const profiles = profilesOf(of('profile'), of('asks'))
  if (!profiles.ok) return profiles
  const kind = 'framework sheet'
  if (fact('code') === '') {
    if (of('outcome').length > 0)
      return fail(refusal('sheet.code', '', 'The sheet names outcomes but not the framework: add a row "fact, code" with its code in "text".'))
    return succeed({ kind: 'profiles in a sheet', frameworks: [], crosswalks: [], profiles: profiles.value, others: [] })
  }
  const code = frameworkCode(fact('code'))
  const scoring = scoringOf(rows, fact('rule').toLowerCase())
  if (!scoring.ok) return scoring
  const subject = fact('subject') || 'organisation'
  if (subject !== 'organisation' && subject !== 'service')
    return fail(refusal('sheet.subject', '', `The subject is "${subject.slice(0, 40)}". It must be organisation or service.`))
  const nodes = rows
    .filter(row => row.kind === 'group' || row.kind === 'outcome')
    .map((row): FrameworkNode => ({
      code: row.code,
      kind: row.kind === 'group' ? 'group' : 'outcome',
      parentCode: row.of || null,
      title: cleanLine(row.text),
      description: row.more,
    }))
  const indicators = of('indicator').map((row): FrameworkIndicator => ({
    code: row.code,
    outcomeCode: row.of,
    level: row.level || (scoring.value.levels[0]?.code ?? ''),
    text: row.text,
    reference: cleanLine(row.more),
  }))
  return succeed({
    kind,
    frameworks: [
      {
        code,
        version: cleanLine(fact('version')),
        name: cleanLine(fact('name')) || code,
        description: fact('description'),
        publisher: cleanLine(fact('publisher')),
        source: cleanLine(fact('source')),
        licence: fact('licence'),
        subject,
        ...scoring.value,
        nodes,
        indicators,
        profiles: profiles.value,
        findings: [],
      },
    ],
    crosswalks: crosswalksOf(of('maps'), { code, version: cleanLine(fact('version')) }, cleanLine(fact('source'))),
    profiles: [],
    others: [],
  })
}

const TONES = ['good', 'partial', 'bad'] as const
type Scoring = { readonly levels: readonly FrameworkLevel[]; readonly rule: FrameworkRule }

/** A named rule, or levels and steps of its own. */
function scoringOf(rows: readonly SheetRow[], named: string): Result<Scoring> {
  const levels = rows.filter(row => row.kind === 'level')
  if (levels.length === 0) {
    if (named === 'caf') return succeed({ levels: CAF_LEVELS, rule: CAF_RULE })
    if (named === '' || named === 'requirements') return succeed({ levels: REQUIREMENT_LEVELS, rule: REQUIREMENT_RULE })
    return fail(
      refusal(
        'sheet.rule',
        '',
        `The rule "${named.slice(0, 40)}" is not known. It must be caf or requirements, or be written as rows of kind level, step and otherwise.`,
      ),
    )
  }
  const read: FrameworkLevel[] = []
  for (const row of levels) {
    const tone = TONES.find(one => one === row.level)
    if (tone === undefined)
      return fail(refusal('sheet.level', row.place, `${row.place}: the tone of a level stands in "level" and must be good, partial or bad.`))
    read.push({ code: row.code, label: cleanLine(row.text), tone })
  }
  const steps: FrameworkRule['steps'][number][] = []
  for (const row of rows.filter(one => one.kind === 'step')) {
    if (row.code !== 'any' && row.code !== 'all') return fail(refusal('sheet.step', row.place, `${row.place}: a step says any or all in "code".`))
    steps.push({ when: row.code, of: row.of, gives: row.level })
  }
  const otherwise = rows.find(row => row.kind === 'otherwise')?.level ?? read.at(-1)?.code ?? ''
  return succeed({ levels: read, rule: { steps, otherwise } })
}

function profilesOf(heads: readonly SheetRow[], asks: readonly SheetRow[]): Result<readonly FrameworkProfile[]> {
  const known = new Set(heads.map(head => head.code))
  const stranger = asks.find(row => !known.has(row.of))
  if (stranger)
    return fail(
      refusal(
        'sheet.asks',
        stranger.place,
        `${stranger.place}: there is no profile "${stranger.of.slice(0, 40)}" in the file. Add a row of the kind profile.`,
      ),
    )
  const sourceless = heads.find(head => head.more === '')
  if (sourceless)
    return fail(
      refusal(
        'sheet.profile',
        sourceless.place,
        `${sourceless.place}: say in "more" where the profile comes from. One without a source is not taken.`,
      ),
    )
  const asked = Map.groupBy(asks, row => row.of)
  return succeed(
    heads.map(head => ({
      code: frameworkCode(head.code),
      name: cleanLine(head.text) || head.code,
      organisationType: head.of || null,
      period: head.level || null,
      source: cleanLine(head.more),
      levels: (asked.get(head.code) ?? []).map(row => ({ outcomeCode: row.code, level: row.level })),
    })),
  )
}

const RELATIONS = ['equal', 'subset', 'superset', 'intersect'] as const

/** `maps` rows by the framework that they point to, which is written as code and version: `caf 3.2`. */
function crosswalksOf(rows: readonly SheetRow[], from: CrosswalkDocument['from'], source: string): readonly CrosswalkDocument[] {
  return [...Map.groupBy(rows, row => row.of)].map(([target, mapped]) => {
    const [code = '', version = ''] = target.split(' ')
    const pairs = mapped.map((row): CrosswalkPair => ({
      fromCode: row.code,
      toCode: cleanLine(row.text),
      relation: RELATIONS.find(relation => relation === row.level) ?? 'intersect',
      strength: null,
      rationale: row.more,
    }))
    return { from, to: { code: frameworkCode(code), version }, name: `${from.code} ${from.version} to ${target}`, source, pairs }
  })
}

function refusal(rule: string, pointer: string, message: string): Problem {
  return { rule, pointer, severity: 'error', message }
}
