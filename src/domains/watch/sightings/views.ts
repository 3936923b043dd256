import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import type { CsvLine } from '../../../platform/csv/csv.ts'
import { withQuery } from '../../../ui/links.ts'
import type { Cell, TableModel } from '../../../ui/models.ts'
import type { SightingWriterRow } from './queries.ts'

export const WRITERS_PATH = '/sighting-writers'
export const WRITERS_HEAD = ['Code', 'Organisation', 'Since', 'Sightings told', 'Trusted by', 'Why']

export function writerLine({ code, name, since, told, by, reason }: SightingWriterRow): CsvLine {
  return [code, name, since.toISOString(), told, by, reason]
}

export function writersModel(found: Page<SightingWriterRow>, search: string, cursor: string | null, mayTrust: boolean) {
  const query = { q: search }
  const isFiltered = search !== ''
  return {
    total: found.total,
    isFiltered,
    clearHref: WRITERS_PATH,
    actions: mayTrust ? [{ label: 'Trust an organisation', href: `${WRITERS_PATH}/add` }] : [],
    filters: { action: WRITERS_PATH, search: { label: 'Organisation', value: search }, clearHref: isFiltered ? WRITERS_PATH : null },
    table: {
      caption: 'Organisations whose sightings are taken',
      captionHidden: true,
      head: [
        { text: 'Organisation' },
        { text: 'Sightings told', format: 'numeric' as const },
        { text: 'Since' },
        { text: 'Why' },
        ...(mayTrust ? [{ text: 'Change' }] : []),
      ],
      rows: found.rows.map((row): Cell[] => [
        { text: row.name, hint: row.code, href: `/organisations/${row.code}` },
        row.told,
        { at: row.since, hint: row.by ?? undefined },
        row.reason,
        ...(mayTrust ? [{ text: 'End', href: `${WRITERS_PATH}/${row.code}/end` }] : []),
      ]),
    } satisfies TableModel,
    firstHref: cursor === null ? null : withQuery(WRITERS_PATH, query),
    nextHref: found.next === null ? null : withQuery(WRITERS_PATH, query, { cursor: found.next }),
    csvHref: withQuery(`${WRITERS_PATH}.csv`, query),
  }
}

/** The form that trusts an organisation, or with `code` ends that. */
export function trustModel(code: string | null, typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]) {
  const errorOf = (name: string) => problems.find(problem => problem.pointer === name)?.message
  const textOf = (name: string) => (typeof typed[name] === 'string' ? typed[name] : '')
  const reason = { kind: 'textarea', name: 'reason', label: 'Say why', value: textOf('reason'), rows: 3, maxlength: 2_000, error: errorOf('reason') }
  const codeField = {
    kind: 'text',
    name: 'code',
    label: 'ODS code of the organisation',
    value: textOf('code'),
    maxlength: 12,
    error: errorOf('code'),
  }
  return {
    code,
    title: code === null ? 'Trust an organisation with sightings' : 'Take its sightings no more',
    action: code === null ? WRITERS_PATH : `${WRITERS_PATH}/${code}/end`,
    submit: code === null ? 'Trust it' : 'End it',
    cancelHref: WRITERS_PATH,
    fields: code === null ? [codeField, reason] : [reason],
  }
}
