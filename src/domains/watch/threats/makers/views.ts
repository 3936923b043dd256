import type { Page } from '../../../../kernel/page.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import type { CsvLine } from '../../../../platform/csv/csv.ts'
import { sortColumn, withQuery } from '../../../../ui/links.ts'
import type { Cell, TableModel } from '../../../../ui/models.ts'
import { aliasFields } from './fields.ts'
import type { AliasSort, MakerAliasFilter, MakerAliasRow } from './queries.ts'

const PATH = '/maker-names'
const STATES: Readonly<Record<MakerAliasFilter['state'], string>> = { 'in-force': 'In force', ended: 'Ended', all: 'All' }
const SOURCES: Readonly<Record<MakerAliasRow['source'], string>> = { shipped: 'CareCERT', analyst: 'Analysts' }

export const ALIASES_HEAD = ['Name', 'Maker', 'Why', 'From', 'Added by', 'Added', 'Ended', 'Why ended']

export function aliasLine(row: MakerAliasRow): CsvLine {
  const { alias, maker, why, source, addedBy, addedAt, endedAt, endedReason } = row
  return [alias, maker, why, SOURCES[source], addedBy, addedAt.toISOString(), endedAt?.toISOString() ?? null, endedReason]
}

export function aliasesModel(found: Page<MakerAliasRow>, filter: MakerAliasFilter, sort: AliasSort, cursor: string | null, mayCorrect: boolean) {
  const query = {
    q: filter.search,
    state: filter.state === 'in-force' ? null : filter.state,
    source: filter.source,
    sort: sort === 'alias' ? null : sort,
  }
  const isFiltered = withQuery(PATH, query, { sort: null }) !== PATH
  const sorted = { ...query, sort }
  return {
    total: found.total,
    isFiltered,
    clearHref: PATH,
    mayCorrect,
    filters: {
      action: PATH,
      search: { label: 'Name or maker', value: filter.search },
      selects: [
        { name: 'state', label: 'Show', value: filter.state, options: Object.entries(STATES).map(([value, text]) => ({ value, text })) },
        {
          name: 'source',
          label: 'From',
          value: filter.source ?? '',
          options: [{ value: '', text: 'Anyone' }, ...Object.entries(SOURCES).map(([value, text]) => ({ value, text }))],
        },
      ],
      keep: { sort: query.sort },
      clearHref: isFiltered ? PATH : null,
    },
    table: {
      caption: 'Names of makers',
      captionHidden: true,
      head: [
        sortColumn({ text: 'Name that people write' }, 'alias', PATH, sorted),
        sortColumn({ text: 'Maker' }, 'maker', PATH, sorted),
        { text: 'Why' },
        { text: 'Added' },
        ...(mayCorrect ? [{ text: 'Change' }] : []),
      ],
      rows: found.rows.map((row): Cell[] => [
        { text: row.alias, tags: row.endedAt === null ? undefined : [{ text: 'Ended', colour: 'grey' }] },
        row.maker,
        { text: row.why, hint: row.endedReason ?? undefined },
        row.source === 'shipped' ? 'With CareCERT' : { at: row.addedAt, hint: row.addedBy },
        ...(mayCorrect ? [row.endedAt === null ? { text: 'End', href: `${PATH}/${row.id}/end` } : null] : []),
      ]),
    } satisfies TableModel,
    firstHref: cursor === null ? null : withQuery(PATH, query),
    nextHref: found.next === null ? null : withQuery(PATH, query, { cursor: found.next }),
    csvHref: withQuery(`${PATH}.csv`, query),
  }
}

export function aliasFormModel(typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]) {
  return { action: PATH, cancelHref: PATH, fields: aliasFields(typed, name => problems.find(problem => problem.pointer === name)?.message) }
}

export function endFormModel(
  row: { readonly id: number; readonly alias: string; readonly maker: string },
  reason: string,
  problems: readonly Problem[],
) {
  return {
    alias: row.alias,
    maker: row.maker,
    action: `${PATH}/${row.id}/end`,
    cancelHref: PATH,
    fields: [
      {
        kind: 'textarea',
        name: 'reason',
        label: 'Say why',
        value: reason,
        rows: 3,
        maxlength: 2_000,
        error: problems[0]?.message,
      },
    ],
  }
}
