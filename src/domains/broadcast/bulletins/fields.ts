import { TZDate } from '@date-fns/tz'
import { parseLocalDate, ZONE, type Instant } from '../../../kernel/instant.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { TLP } from '../../../kernel/tlp.ts'
import {
  BulletinContent,
  CATEGORIES,
  CONFIDENCE_WORDS,
  CONFIDENCES,
  SEVERITIES,
  severityLabel,
  STEP_TYPES,
  THREAT_TYPES,
  THREAT_VECTORS,
} from './model.ts'

/** The fields of the form as they are sent: a text each, or a list for checkboxes. */
export type Typed = Readonly<Record<string, string | readonly string[] | undefined>>

export type ContentForm = { readonly ok: true; readonly content: BulletinContent } | { readonly ok: false; readonly problems: readonly Problem[] }

/** Empty rows that are offered after those filled in, for platforms and for steps. */
const SPARE_ROWS = 2
const MOST_ROWS = 200
const PLATFORM_PARTS = ['platform', 'versions', 'text'] as const
/** The kind of a step is always chosen, so it does not say that a row was filled in. */
const STEP_PARTS = ['text', 'link'] as const

/** Reads a bulletin as it was typed. Rows that are wholly empty are left out; each problem points at the field where it is mended. */
export function readContent(typed: Typed): ContentForm {
  const platforms = filledRows(typed, 'platform', PLATFORM_PARTS)
  const steps = filledRows(typed, 'step', STEP_PARTS)
  const respondBy = readTime(typed)
  if (typeof respondBy === 'object' && respondBy !== null) return { ok: false, problems: [respondBy, ...problemsOf(typed, platforms, steps, null)] }
  const parsed = parse(typed, platforms, steps, respondBy)
  return parsed.success ? { ok: true, content: parsed.data } : { ok: false, problems: problemsOf(typed, platforms, steps, respondBy) }
}

/** Said of a bulletin without a title, wherever it is shown before it has one. */
const NO_TITLE = 'No title yet'

/**
 * What can be shown of a bulletin while it is being written: every field that holds, and nothing of one that does not, so that a link
 * that is refused is never shown as one. `problems` are those that saving would name.
 */
export function readDraft(typed: Typed): { readonly content: BulletinContent; readonly problems: readonly Problem[] } {
  const form = readContent(typed)
  if (form.ok) return { content: form.content, problems: [] }
  const respondBy = readTime(typed)
  const raw: Record<string, unknown> = rawContent(
    typed,
    filledRows(typed, 'platform', PLATFORM_PARTS),
    filledRows(typed, 'step', STEP_PARTS),
    typeof respondBy === 'string' ? respondBy : null,
  )
  const faults = new Map<string, Set<unknown>>()
  for (const { path } of BulletinContent.safeParse(raw).error?.issues ?? []) {
    const [field, at] = [String(path[0] ?? ''), path[1]]
    faults.set(field, (faults.get(field) ?? new Set()).add(at))
  }
  for (const [field, places] of faults) {
    const value = raw[field]
    if (Array.isArray(value) && !places.has(undefined)) raw[field] = value.filter((_, at) => !places.has(at))
    else delete raw[field]
  }
  return { content: BulletinContent.parse({ title: NO_TITLE, ...raw }), problems: form.problems }
}

function parse(typed: Typed, platforms: readonly number[], steps: readonly number[], respondBy: string | null) {
  return BulletinContent.safeParse(rawContent(typed, platforms, steps, respondBy))
}

/** The fields as the schema takes them, unchecked. */
function rawContent(typed: Typed, platforms: readonly number[], steps: readonly number[], respondBy: string | null) {
  return {
    title: one(typed, 'title'),
    severity: one(typed, 'severity'),
    tlp: one(typed, 'tlp'),
    threatType: one(typed, 'threatType'),
    categories: many(typed, 'categories'),
    threatVectors: many(typed, 'threatVectors'),
    shortSummary: one(typed, 'shortSummary'),
    summary: one(typed, 'summary'),
    platforms: platforms.map(row => ({
      platform: one(typed, `platform-${row}-platform`),
      versions: linesOf(one(typed, `platform-${row}-versions`)),
      text: one(typed, `platform-${row}-text`),
    })),
    threatDetails: one(typed, 'threatDetails'),
    remediationIntro: one(typed, 'remediationIntro'),
    steps: steps.map(row => ({ type: one(typed, `step-${row}-type`), text: one(typed, `step-${row}-text`), link: one(typed, `step-${row}-link`) })),
    indicators: one(typed, 'indicators'),
    ncscLink: one(typed, 'ncscLink'),
    sources: linesOf(one(typed, 'sources')),
    cves: one(typed, 'cves')
      .toUpperCase()
      .split(/[\s,;]+/)
      .filter(cve => cve !== ''),
    confidence: one(typed, 'confidence'),
    safeToUse: one(typed, 'safeToUse'),
    respondBy,
    ...(one(typed, 'sharingGroup') === '' ? {} : { sharingGroup: { id: one(typed, 'sharingGroup') } }),
    ...(one(typed, 'clinicalImpact').trim() === '' ? {} : { clinicalImpact: one(typed, 'clinicalImpact') }),
    ...(one(typed, 'boardWords').trim() === '' ? {} : { boardWords: one(typed, 'boardWords') }),
    ...(one(typed, 'newsTitle').trim() === '' && one(typed, 'newsBody').trim() === '' ? {} : { news: rawNews(typed) }),
  }
}

function rawNews(typed: Typed) {
  const material = one(typed, 'newsMaterial')
  return {
    title: one(typed, 'newsTitle'),
    body: one(typed, 'newsBody'),
    isMaterial: material === 'yes' ? true : material === 'no' ? false : undefined,
    asksAgain: one(typed, 'newsAgain') === 'yes',
  }
}

const NEWS_FIELDS: Readonly<Record<string, string>> = { title: 'newsTitle', body: 'newsBody', isMaterial: 'newsMaterial' }

function problemsOf(typed: Typed, platforms: readonly number[], steps: readonly number[], respondBy: string | null): readonly Problem[] {
  const parsed = parse(typed, platforms, steps, respondBy)
  const problems = (parsed.error?.issues ?? []).map((issue): Problem => {
    const [field = '', at, part] = issue.path
    if (field === 'news') return { rule: 'form.field', pointer: NEWS_FIELDS[String(at)] ?? 'newsTitle', severity: 'error', message: issue.message }
    const row = typeof at === 'number' ? (field === 'platforms' ? platforms[at] : steps[at]) : undefined
    const pointer = row === undefined || part === undefined ? String(field) : `${field === 'platforms' ? 'platform' : 'step'}-${row}-${String(part)}`
    return { rule: 'form.field', pointer, severity: 'error', message: issue.message }
  })
  return [...new Map(problems.map(problem => [problem.pointer, problem])).values()]
}

/** A bulletin as the form's fields hold it: what `readContent` reads. */
export function typedFrom(content: BulletinContent): Typed {
  const time = content.respondBy === null ? undefined : new TZDate(content.respondBy, ZONE)
  const two = (value: number) => String(value).padStart(2, '0')
  const { news, ...rest } = content
  return {
    ...rest,
    sharingGroup: content.sharingGroup?.id ?? '',
    newsTitle: news?.title ?? '',
    newsBody: news?.body ?? '',
    newsMaterial: news === undefined ? '' : news.isMaterial ? 'yes' : 'no',
    newsAgain: news?.asksAgain === true ? 'yes' : '',
    respondBy: undefined,
    'respondBy-day': time === undefined ? '' : String(time.getDate()),
    'respondBy-month': time === undefined ? '' : String(time.getMonth() + 1),
    'respondBy-year': time === undefined ? '' : String(time.getFullYear()),
    'respondBy-time': time === undefined ? '' : `${two(time.getHours())}:${two(time.getMinutes())}`,
    sources: content.sources.join('\n'),
    cves: content.cves.join('\n'),
    platforms: undefined,
    steps: undefined,
    ...Object.fromEntries(
      content.platforms.flatMap((row, at) => [
        [`platform-${at + 1}-platform`, row.platform],
        [`platform-${at + 1}-versions`, row.versions.join('\n')],
        [`platform-${at + 1}-text`, row.text],
      ]),
    ),
    ...Object.fromEntries(
      content.steps.flatMap((row, at) => [
        [`step-${at + 1}-type`, row.type],
        [`step-${at + 1}-text`, row.text],
        [`step-${at + 1}-link`, row.link],
      ]),
    ),
  }
}

/**
 * The form's sections, each a heading and its fields with what was typed and what is wrong. `more` asks for further rows. What follows a
 * release says first what is new. `groups` are the sharing groups to choose from.
 */
export function contentSections(
  typed: Typed,
  problems: readonly Problem[],
  isRevision: boolean,
  groups: readonly { readonly id: string; readonly name: string }[],
) {
  const platforms = rowsOffered(typed, 'platform', PLATFORM_PARTS)
  const steps = rowsOffered(typed, 'step', STEP_PARTS)
  const errorOf = (name: string) => problems.find(problem => problem.pointer === name)?.message
  const field = (kind: 'text' | 'textarea' | 'markdown' | 'select' | 'code', name: string, label: string, extra: object = {}) => ({
    name,
    label,
    kind,
    value: one(typed, name),
    error: errorOf(name),
    ...extra,
  })
  const boxes = (name: string, label: string, values: readonly string[]) => ({
    name,
    label,
    kind: 'checkboxes' as const,
    optional: true,
    value: many(typed, name),
    error: errorOf(name),
    options: values.map(value => ({ value, text: value })),
  })
  const choices = (values: readonly string[], words: (value: string) => string = value => value) =>
    values.map(value => ({ value, text: words(value) }))
  return [
    ...(isRevision ? [newsSection(typed, errorOf)] : []),
    {
      heading: 'What has happened',
      fields: [
        field('text', 'title', 'Title'),
        field('textarea', 'shortSummary', 'In one sentence', { hint: 'What has happened, for somebody who reads it on a telephone.', rows: 2 }),
        field('markdown', 'summary', 'Summary', { hint: 'Plain words. Markdown makes lists, links and bold type.', rows: 8 }),
        field('select', 'severity', 'Severity', { options: SEVERITIES.map(value => ({ value, text: severityLabel(value) })) }),
        field('select', 'confidence', 'How sure are we?', { options: CONFIDENCES.map(value => ({ value, text: CONFIDENCE_WORDS[value] })) }),
      ],
    },
    {
      heading: 'Who is affected',
      hint: 'One row for each platform. An empty row is left out.',
      more: moreRows('platform', platforms, 'platform', 'More platforms'),
      fields: platforms.flatMap(row => [
        field('text', `platform-${row}-platform`, `Platform ${row}`, { optional: row > 1 }),
        field('textarea', `platform-${row}-versions`, `Versions of platform ${row}`, {
          hint: 'One on each line, as its maker writes them.',
          optional: true,
          rows: 2,
        }),
        field('textarea', `platform-${row}-text`, `More about platform ${row}`, { optional: true, rows: 2 }),
      ]),
    },
    {
      heading: 'What to do',
      hint: 'One row for each step. An empty row is left out.',
      more: moreRows('step', steps, 'type', 'More steps'),
      fields: [
        field('markdown', 'remediationIntro', 'Advice before the steps', { optional: true, rows: 4 }),
        ...steps.flatMap(row => [
          field('select', `step-${row}-type`, `Kind of step ${row}`, { options: choices(STEP_TYPES) }),
          field('markdown', `step-${row}-text`, `Step ${row}`, { optional: row > 1, rows: 3 }),
          field('text', `step-${row}-link`, `Link for step ${row}`, { optional: true }),
        ]),
        field('markdown', 'safeToUse', 'What stays safe to use', { hint: 'So that nobody disconnects what need not be.', optional: true, rows: 3 }),
        {
          name: 'respondBy',
          label: 'Answer by',
          kind: 'date' as const,
          optional: true,
          error: errorOf('respondBy'),
          hint: 'Leave empty to ask by the policy: 48 hours after release for high severity, no time for others.',
          value: { day: one(typed, 'respondBy-day'), month: one(typed, 'respondBy-month'), year: one(typed, 'respondBy-year') },
        },
        field('text', 'respondBy-time', 'At what time', { hint: 'On the 24-hour clock, such as 17:00. London time.', optional: true, width: 5 }),
      ],
    },
    {
      heading: 'For wards and boards',
      hint: 'Left empty, these are made from what stands above.',
      fields: [
        field('markdown', 'clinicalImpact', 'What it means for care', {
          hint: 'For those who look after patients: what may not work, and what to do meanwhile.',
          optional: true,
          rows: 4,
        }),
        field('textarea', 'boardWords', 'For the board', { hint: 'Five lines at most, each on a line of its own.', optional: true, rows: 5 }),
      ],
    },
    {
      heading: 'Details',
      fields: [
        field('markdown', 'threatDetails', 'Threat details', { optional: true }),
        field('textarea', 'indicators', 'Indicators of compromise', {
          hint: 'One on each line. They are shown as text: no address becomes a link.',
          optional: true,
          rows: 6,
        }),
        field('textarea', 'cves', 'CVEs', { hint: 'Such as CVE-2026-12345, one on each line.', optional: true, rows: 3 }),
        field('text', 'ncscLink', 'The same at the NCSC', { hint: 'A web address.', optional: true }),
        field('textarea', 'sources', 'Definitive sources', { hint: 'Web addresses, one on each line.', optional: true, rows: 3 }),
        field('select', 'threatType', 'Threat type', { options: choices(THREAT_TYPES) }),
        boxes('categories', 'Categories', CATEGORIES),
        boxes('threatVectors', 'Threat vectors', THREAT_VECTORS),
        field('select', 'tlp', 'TLP label', {
          hint: 'Above GREEN, the mail carries only a notice and a link.',
          options: choices(TLP, value => `TLP:${value}`),
        }),
        field('select', 'sharingGroup', 'Sharing group', {
          hint: 'Then it reaches only members of the group, of those whom the audience names. Members are added under Sharing groups.',
          optional: true,
          options: [{ value: '', text: 'None: everybody whom the audience names' }, ...groups.map(({ id, name }) => ({ value: id, text: name }))],
        }),
      ],
    },
  ]
}

/** What is new in a version that follows a release. */
function newsSection(typed: Typed, errorOf: (name: string) => string | undefined) {
  const field = (kind: 'text' | 'markdown' | 'radios' | 'checkbox', name: string, label: string, extra: object = {}) => ({
    name,
    label,
    kind,
    value: one(typed, name),
    error: errorOf(name),
    ...extra,
  })
  return {
    heading: 'What is new',
    hint: 'Readers see it first, with the date. It is approved with the rest of this version.',
    fields: [
      field('text', 'newsTitle', 'What is new, in one line'),
      field('markdown', 'newsBody', 'More about what is new', { optional: true, rows: 4 }),
      field('radios', 'newsMaterial', 'Does it change what people should do, or by when?', {
        options: [
          { value: 'yes', text: 'Yes, it is material', hint: 'Everyone who got the bulletin is told again.' },
          { value: 'no', text: 'No', hint: 'It stands on the page. Nobody is sent anything.' },
        ],
      }),
      field('checkbox', 'newsAgain', 'Ask those who have answered to answer again', {
        hint: 'What they answered before stays on record either way.',
      }),
    ],
  }
}

function readTime(typed: Typed): string | null | Problem {
  const [day, month, year, time] = ['day', 'month', 'year', 'time'].map(part => one(typed, `respondBy-${part}`).trim())
  const wrong = (message: string): Problem => ({ rule: 'form.field', pointer: 'respondBy', severity: 'error', message })
  if (day === '' && month === '' && year === '' && time === '') return null
  const date = parseLocalDate(`${year ?? ''}-${(month ?? '').padStart(2, '0')}-${(day ?? '').padStart(2, '0')}`)
  if (date === undefined) return wrong('Enter a date that exists, such as 27 3 2027')
  const clock = /^([01]?\d|2[0-3])[:.]([0-5]\d)$/.exec(time === undefined || time === '' ? '17:00' : time)
  if (clock === null) return { ...wrong('Enter a time such as 17:00'), pointer: 'respondBy-time' }
  const at: Instant = new TZDate(Number(year), Number(month) - 1, Number(day), Number(clock[1]), Number(clock[2]), ZONE)
  return new Date(at.getTime()).toISOString()
}

function filledRows(typed: Typed, prefix: string, parts: readonly string[]): readonly number[] {
  return rowNumbers(typed, prefix).filter(row => parts.some(part => cleanText(one(typed, `${prefix}-${row}-${part}`)) !== ''))
}

/** Those filled in and some to spare, or as many as were asked for. */
function rowsOffered(typed: Typed, prefix: string, parts: readonly string[]): readonly number[] {
  const last = filledRows(typed, prefix, parts).at(-1) ?? 0
  const asked = Number.parseInt(one(typed, `rows-${prefix}`), 10) || 0
  return Array.from({ length: Math.min(Math.max(last + SPARE_ROWS, asked), MOST_ROWS) }, (_, at) => at + 1)
}

/** The button that asks for more rows, and the field where one goes on: the first of the new. */
function moreRows(prefix: string, rows: readonly number[], firstPart: string, label: string) {
  return rows.length >= MOST_ROWS
    ? null
    : { name: `rows-${prefix}`, value: String(rows.length + SPARE_ROWS), goTo: `${prefix}-${rows.length + 1}-${firstPart}`, label }
}

function rowNumbers(typed: Typed, prefix: string): readonly number[] {
  const numbers = Object.keys(typed).flatMap(name => (name.startsWith(`${prefix}-`) ? [Number(name.split('-')[1])] : []))
  return [...new Set(numbers)].filter(row => Number.isInteger(row) && row > 0 && row <= MOST_ROWS).toSorted((a, b) => a - b)
}

function one(typed: Typed, name: string): string {
  const value = typed[name]
  return typeof value === 'string' ? value : (value?.[0] ?? '')
}

function many(typed: Typed, name: string): readonly string[] {
  const value = typed[name]
  if (value === undefined || value === '') return []
  return typeof value === 'string' ? [value] : value
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
}
