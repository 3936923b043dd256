import type { Page } from '../../../../kernel/page.ts'
import type { CsvLine } from '../../../../platform/csv/csv.ts'
import type { Tag } from '../../../../ui/labels.ts'
import { withQuery } from '../../../../ui/links.ts'
import type { Cell, Field, TableModel } from '../../../../ui/models.ts'
import type { ThreatRecord } from '../queries/show.ts'
import type { MatchFilter, MatchOutcome, MatchRow, NamedProduct, StoredVerdict, VersionOutcome } from './queries.ts'

const OUTCOMES: Readonly<Record<MatchOutcome, Tag>> = {
  runs: { text: 'Is it', colour: 'red' },
  'may-run': { text: 'May be it', colour: 'orange' },
  'does-not': { text: 'Is not', colour: 'grey' },
}
const UNMATCHED: Tag = { text: 'Not matched', colour: 'white' }

const SHOWN: Readonly<Record<MatchFilter['show'], string>> = {
  matched: 'What is it, or may be',
  runs: 'What is it',
  'may-run': 'What may be it',
  'does-not': 'What is not, by its version or by an analyst',
  unmatched: 'Everything else that organisations run',
}

export const MATCHES_HEAD = ['Maker', 'Product', 'Outcome', 'Why']

export function matchLine({ maker, product, outcome, why }: MatchRow): CsvLine {
  return [maker, product, outcome === null ? UNMATCHED.text : OUTCOMES[outcome].text, why]
}

export function matchesModel(threat: ThreatRecord, found: Page<MatchRow>, filter: MatchFilter, cursor: string | null) {
  const path = `/threats/${threat.id}/matches`
  const query = { q: filter.search, show: filter.show === 'matched' ? null : filter.show }
  const isFiltered = withQuery(path, query) !== path
  return {
    threat,
    total: found.total,
    isFiltered,
    clearHref: path,
    isUnasked: filter.show === 'unmatched' && filter.search === '',
    unmatchedHref: withQuery(path, { show: 'unmatched', q: filter.search }),
    filters: {
      action: path,
      search: { label: 'Maker or product', value: filter.search, hint: 'As organisations write it' },
      selects: [{ name: 'show', label: 'Show', value: filter.show, options: Object.entries(SHOWN).map(([value, text]) => ({ value, text })) }],
      clearHref: isFiltered ? path : null,
    },
    table: {
      caption: 'What organisations call it',
      captionHidden: true,
      head: [{ text: 'What organisations call it' }, { text: 'Outcome' }, { text: 'Why' }],
      rows: found.rows.map((row): Cell[] => [
        { text: nameOf(row), href: `${path}/${row.productId}` },
        { text: '', tags: [row.outcome === null ? UNMATCHED : OUTCOMES[row.outcome]] },
        row.why,
      ]),
    } satisfies TableModel,
    firstHref: cursor === null ? null : withQuery(path, query),
    nextHref: found.next === null ? null : withQuery(path, query, { cursor: found.next }),
    csvHref: withQuery(`${path}.csv`, query),
  }
}

export interface MatchParts {
  readonly threat: ThreatRecord
  readonly product: { readonly id: number; readonly maker: string; readonly product: string }
  readonly outcomes: readonly VersionOutcome[]
  readonly named: readonly NamedProduct[]
  readonly verdicts: readonly StoredVerdict[]
}

/** What was typed and could not be taken, to be shown again. */
export interface TypedVerdict {
  readonly verdict: string
  readonly named: string
  readonly reason: string
  readonly error: { readonly code: string; readonly message: string } | null
}

export const NOTHING_TYPED: TypedVerdict = { verdict: '', named: '', reason: '', error: null }

export function matchModel({ threat, product, outcomes, named, verdicts }: MatchParts, mayCorrect: boolean, typed: TypedVerdict) {
  const path = `/threats/${threat.id}/matches/${product.id}`
  const matched = named.filter(name => name.isMatched)
  return {
    threat,
    name: nameOf(product),
    path,
    mayCorrect,
    fields: verdictFields(named, typed),
    named: matched.map(name => ({ name: nameOf(name), versions: name.versions })),
    outcomes: {
      caption: 'What it comes to',
      captionHidden: true,
      head: [{ text: 'Version that they tell' }, { text: 'Outcome' }, { text: 'Why' }],
      rows: outcomes.map((row): Cell[] => [
        row.version === null ? 'Whatever version' : row.version === '' ? 'None' : row.version,
        { text: '', tags: [OUTCOMES[row.outcome]] },
        row.why,
      ]),
    } satisfies TableModel,
    verdicts: verdicts.map(verdict => ({
      ...verdict,
      what: `${verdict.isSame ? 'The same as' : 'Another than'} ${nameOf(verdict)}`,
      undo: mayCorrect && verdict.undoneAt === null ? `${path}/verdicts/${verdict.id}/undo` : null,
    })),
  }
}

function verdictFields(named: readonly NamedProduct[], { verdict, named: chosen, reason, error }: TypedVerdict): readonly Field[] {
  const errorOf = (code: string) => (error?.code === code ? error.message : undefined)
  const first = named[0]
  const choice: Field[] = [
    {
      kind: 'select',
      name: 'named',
      label: 'Which product of this threat',
      value: chosen || (first === undefined ? '' : keyOf(first)),
      options: named.map(name => ({ value: keyOf(name), text: nameOf(name) })),
      error: errorOf('watch.match.named'),
    },
  ]
  return [
    {
      kind: 'radios',
      name: 'verdict',
      label: 'What they run is',
      value: verdict,
      options: [
        { value: 'same', text: 'the same product', hint: 'Whoever runs it is counted, unless their version is not affected.' },
        { value: 'different', text: 'another product', hint: 'Nobody is counted for it any more.' },
      ],
      error: errorOf('watch.match.verdict'),
    },
    ...(named.length > 1 ? choice : []),
    {
      kind: 'textarea',
      name: 'reason',
      label: 'Say why',
      hint: 'It holds for every threat that names the product so. The next person reads this before undoing it.',
      value: reason,
      rows: 3,
      maxlength: 2_000,
      error: errorOf('watch.match.reason'),
    },
  ]
}

function keyOf({ makerKey, productKey }: NamedProduct): string {
  return `${makerKey}|${productKey}`
}

function nameOf({ maker, product }: { readonly maker: string; readonly product: string }): string {
  return maker === '' || product.toLowerCase().startsWith(maker.toLowerCase()) ? product : `${maker} ${product}`
}
