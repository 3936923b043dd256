import type { Page } from '../../../kernel/page.ts'
import { isRole, ROLES } from '../../../kernel/role.ts'
import type { AuditRow } from '../../../platform/audit/record.ts'
import type { CsvLine } from '../../../platform/csv/csv.ts'
import { sentence } from '../../../ui/filters/words.ts'
import { sortColumn, withQuery } from '../../../ui/links.ts'
import type { Cell, TableModel } from '../../../ui/models.ts'
import type { AuditSort } from './queries/list.ts'
import type { Named } from './queries/names.ts'

/** What the address asks for. Empty texts narrow nothing. */
export interface AskedAudit {
  readonly q: string
  readonly subject: string
  readonly actor: string
  readonly verb: string
  readonly sort: AuditSort
  readonly cursor: string | null
}

type Names = ReadonlyMap<string, Named>

/** The ids of a record that have names to look up. */
export function idsIn(row: AuditRow): (string | null)[] {
  return [row.actor_id, row.subject_id, row.organisation_id, row.on_behalf_of]
}

/** Who acted, where it was nobody with a name. */
const ACTORS: Readonly<Record<string, string>> = { system: 'CareCERT', operator: 'The operator', anonymous: 'Nobody signed in' }

export function auditModel(asked: AskedAudit, found: Page<AuditRow>, names: Names, verbs: readonly string[]) {
  const { q, subject, actor, verb } = asked
  const query = { q, subject, actor, verb, sort: asked.sort === '-when' ? null : asked.sort }
  return {
    total: found.total,
    isFiltered: withQuery('/audit', query, { sort: null }) !== '/audit',
    /** What a link has narrowed the list to, in words. */
    about: [
      ...(subject === '' ? [] : [`Only what concerns ${nameOf(names, subject)}.`]),
      ...(actor === '' ? [] : [`Only what ${nameOf(names, actor)} did.`]),
    ],
    filters: {
      action: '/audit',
      search: { label: 'Search the audit', value: q, hint: 'A person, a CC number, the code of an organisation, or words of a reason' },
      selects: [{ name: 'verb', label: 'What was done', value: verb, options: verbOptions(verbs, verb) }],
      keep: { subject, actor, sort: query.sort },
      clearHref: '/audit',
    },
    table: auditTable(found.rows, names, { ...query, sort: asked.sort }),
    firstHref: asked.cursor === null ? null : withQuery('/audit', query),
    nextHref: found.next === null ? null : withQuery('/audit', query, { cursor: found.next }),
    csvHref: withQuery('/audit.csv', query),
  }
}

/** Each verb under the first word of those that begin with it; and what the address asks for, should it be another beginning. */
function verbOptions(verbs: readonly string[], asked: string) {
  const options = [...Map.groupBy(verbs, verb => `${verb.split('.', 1)[0]}.`)].flatMap(([start, same]) => [
    { value: start, text: `Anything of ${start.slice(0, -1)}` },
    ...same.map(verb => ({ value: verb, text: verb })),
  ])
  const isKnown = asked === '' || options.some(({ value }) => value === asked)
  return [{ value: '', text: 'Anything' }, ...(isKnown ? [] : [{ value: asked, text: `${asked}…` }]), ...options]
}

export function nameOf(names: Names, id: string): string {
  return names.get(id)?.name ?? ACTORS[id] ?? id
}

function auditTable(rows: readonly AuditRow[], names: Names, query: Parameters<typeof sortColumn>[3]): TableModel {
  return {
    caption: 'Records',
    captionHidden: true,
    head: [
      { text: 'Number', format: 'numeric' },
      sortColumn({ text: 'When' }, 'when', '/audit', query),
      { text: 'What' },
      { text: 'On what' },
      { text: 'Who' },
      { text: 'Reason and change' },
    ],
    rows: rows.map((row): Cell[] => [
      row.seq,
      { at: row.at },
      { text: inWords(row.verb), href: withQuery('/audit', { verb: row.verb }), hint: row.verb },
      {
        text: nameOf(names, row.subject_id),
        href: withQuery('/audit', { subject: row.subject_id }),
        tlp: names.get(row.subject_id)?.tlp ?? undefined,
        hint: hintOf(sentence(row.subject_kind), ofWhom(row, names), idBeside(names, row.subject_id)),
      },
      {
        text: nameOf(names, row.actor_id),
        href: withQuery('/audit', { actor: row.actor_id }),
        hint: hintOf(
          roleOf(row),
          row.on_behalf_of === null ? null : `for ${nameOf(names, row.on_behalf_of)}`,
          isByCommand(row) ? 'by the operator’s command line' : null,
          tokenOf(row) === null ? null : `by a program, with the token ${tokenOf(row)}`,
          idBeside(names, row.actor_id),
        ),
      },
      { text: row.reason ?? '', hint: row.change ?? undefined },
    ]),
  }
}

/** `broadcast.bulletin.released` as a reader sees it: Bulletin released. */
function inWords(verb: string): string {
  return sentence(verb.slice(verb.indexOf('.') + 1).replaceAll('.', ' '))
}

/** The organisation that it concerns, unless that is the subject itself. */
function ofWhom({ organisation_id: id, subject_id: subject }: AuditRow, names: Names): string | null {
  return id === null || id === subject ? null : nameOf(names, id)
}

/** What stands under a name says which one it is. */
function idBeside(names: Names, id: string): string | null {
  return names.has(id) ? id : null
}

function hintOf(...parts: readonly (string | null)[]): string | undefined {
  return parts.filter(part => part !== null && part !== '').join(' · ') || undefined
}

function roleOf({ actor_role: role, actor_kind: kind }: AuditRow): string {
  if (role === null) return sentence(kind)
  return isRole(role) ? ROLES[role].label : role
}

export function isByCommand({ correlation }: AuditRow): boolean {
  return correlation.startsWith('command-line:')
}

/** The id of the token by which a program did it, or `null`. */
function tokenOf({ correlation }: AuditRow): string | null {
  return /^token:(tok_[0-9a-f]+):/.exec(correlation)?.[1] ?? null
}

export const AUDIT_HEAD = [
  'Number',
  'When',
  'What',
  'Kind',
  'On what (id)',
  'On what',
  'Organisation (id)',
  'Organisation',
  'Who (id)',
  'Who',
  'Role',
  'For whom (id)',
  'For whom',
  'By command line',
  'Reason',
  'Change',
  'Hash',
]

export function auditLine(row: AuditRow, names: Names): CsvLine {
  const name = (id: string | null) => (id === null ? null : (names.get(id)?.name ?? ACTORS[id] ?? null))
  return [
    row.seq,
    row.at.toISOString(),
    row.verb,
    row.subject_kind,
    row.subject_id,
    nameOf(names, row.subject_id),
    row.organisation_id,
    name(row.organisation_id),
    row.actor_id,
    name(row.actor_id),
    row.actor_role ?? row.actor_kind,
    row.on_behalf_of,
    name(row.on_behalf_of),
    isByCommand(row) ? 'yes' : 'no',
    row.reason,
    row.change,
    row.hash,
  ]
}
