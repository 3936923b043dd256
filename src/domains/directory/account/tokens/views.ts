import type { Instant } from '../../../../kernel/instant.ts'
import type { Page } from '../../../../kernel/page.ts'
import { isRole, ROLES } from '../../../../kernel/role.ts'
import type { Tag } from '../../../../ui/labels.ts'
import { withQuery } from '../../../../ui/links.ts'
import type { Action, TableModel } from '../../../../ui/models.ts'
import type { TokensQuery } from './fields.ts'
import { works, type TokenRow } from './model.ts'

const SOON_DAYS = 14

function stateOf(token: TokenRow, now: Instant): Tag {
  if (token.revokedAt !== null) return { text: 'Revoked', colour: 'grey' }
  if (!token.isHeld) return { text: 'Role ended', colour: 'grey' }
  if (token.expiresAt <= now) return { text: 'Ended', colour: 'grey' }
  return token.expiresAt.getTime() - now.getTime() < SOON_DAYS * 86_400_000
    ? { text: 'Ends soon', colour: 'orange' }
    : { text: 'Works', colour: 'green' }
}

function actsAs({ role, organisation }: TokenRow): string {
  return `${isRole(role) ? ROLES[role].label : role}, ${organisation}`
}

function scopesInWords({ scopes }: TokenRow): string {
  return scopes.length === 1 ? (scopes[0] ?? '') : `${scopes.length} permissions`
}

function tableOf(rows: readonly TokenRow[], now: Instant, withPerson: boolean): TableModel {
  return {
    caption: 'Tokens',
    captionHidden: true,
    head: [{ text: 'Name' }, ...(withPerson ? [{ text: 'Person' }] : []), { text: 'State' }, { text: 'Ends' }, { text: 'Last used' }],
    rows: rows.map(row => [
      { text: row.name, hint: `${withPerson ? '' : `${actsAs(row)} · `}${scopesInWords(row)}` },
      ...(withPerson ? [{ text: row.person, href: `/people/${row.personId}`, hint: actsAs(row) }] : []),
      { text: '', tags: [stateOf(row, now)] },
      { date: row.expiresAt },
      row.lastUsedAt === null ? 'Never' : { at: row.lastUsedAt },
    ]),
  }
}

function revocations(rows: readonly TokenRow[], now: Instant, path: string): readonly Action[] {
  return rows
    .filter(row => works(row, now))
    .map(row => ({ label: `Revoke ${row.name}`, href: `${path}/${row.id}/revoke`, method: 'post' as const, variant: 'warning' as const }))
}

export function ownModel(found: Page<TokenRow>, acting: string, now: Instant) {
  return { total: found.total, table: tableOf(found.rows, now, false), revocations: revocations(found.rows, now, '/account/tokens'), acting }
}

export function everybodyModel(found: Page<TokenRow>, query: TokensQuery, now: Instant) {
  const address = { q: query.q, only: query.only === 'working' ? '' : query.only }
  return {
    total: found.total,
    table: tableOf(found.rows, now, true),
    revocations: revocations(found.rows, now, '/tokens'),
    isFiltered: query.q !== '' || query.only !== 'working',
    filters: {
      action: '/tokens',
      search: { label: 'Search by token or person', value: query.q },
      selects: [
        {
          name: 'only',
          label: 'Which',
          value: query.only,
          options: [
            { value: 'working', text: 'Those that work' },
            { value: 'all', text: 'All that there ever were' },
          ],
        },
      ],
      checkboxes: [],
      clearHref: query.q !== '' || query.only !== 'working' ? '/tokens' : undefined,
    },
    nextHref: found.next === null ? null : withQuery('/tokens', address, { cursor: found.next }),
    firstHref: query.cursor === null ? null : withQuery('/tokens', address),
    csvHref: withQuery('/tokens.csv', address),
  }
}

export const TOKEN_HEAD = ['Token', 'Name', 'Person', 'Role', 'Organisation', 'Scopes', 'Made', 'Ends', 'Last used', 'Revoked'] as const

export function tokenLine(row: TokenRow) {
  const iso = (at: Instant | null) => at?.toISOString() ?? ''
  return [
    row.id,
    row.name,
    row.person,
    row.role,
    row.organisation,
    row.scopes.join(' '),
    iso(row.madeAt),
    iso(row.expiresAt),
    iso(row.lastUsedAt),
    iso(row.revokedAt),
  ]
}
