import type { Kysely } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import { permissionsOf } from '../../src/app/modules.ts'
import type { BulletinContent } from '../../src/domains/broadcast/bulletins/model.ts'
import type { Visible } from '../../src/domains/broadcast/tables.ts'
import { makeId, type Id } from '../../src/kernel/id.ts'
import { nameKey } from '../../src/kernel/name-key.ts'
import { ROLES, type Role } from '../../src/kernel/role.ts'
import type { Actor } from '../../src/platform/work/actor.ts'
import type { TestPlatform } from './platform.ts'

/** Somebody who acts in a role, each time another person. Roles outside the centre need the organisation. */
export function actorAs(role: Role, organisationId: Id<'organisation'> | null | undefined = null): Actor {
  const id = makeId('person', uuidv7())
  const level = ROLES[role].level
  const person = { kind: 'person', id, name: `A ${ROLES[role].label}`, role, permissions: permissionsOf(role) } as const
  if (level === 'centre') return { ...person, organisationId: organisationId ?? null, scope: { kind: 'centre' } }
  if (organisationId === null || organisationId === undefined) throw new Error(`A ${role} acts for an organisation`)
  return { ...person, organisationId, scope: { kind: level, organisationId } }
}

export interface OrganisationFacts {
  readonly code: string
  readonly type?: string
  readonly region?: string
  readonly board?: string
  readonly country?: string
  readonly closed?: boolean
  /** `[maker, product, version]` each; not shared with the centre when the fourth is false. */
  readonly runs?: readonly (readonly [string, string, string?, boolean?])[]
  /** E-mail addresses of contacts that receive bulletins; `null` is a contact without an address. */
  readonly contacts?: readonly (string | null)[]
}

/** Writes organisations straight into the tables, past every rule: the state of the sector before the test begins. */
export async function plantOrganisations(
  platform: TestPlatform,
  list: readonly OrganisationFacts[],
): Promise<ReadonlyMap<string, Id<'organisation'>>> {
  const db = platform.database.kysely as Kysely<Visible>
  const now = platform.clock.now()
  const ids = new Map(list.map(({ code }) => [code, makeId('organisation', uuidv7())]))
  const idOf = (code: string) => ids.get(code) ?? ''
  const organisations = list.map(({ code, type = 'practice', region, board, country = 'England', closed = false }) => ({
    id: idOf(code),
    code,
    name: `Organisation ${code}`,
    name_key: nameKey(`Organisation ${code}`),
    type,
    country,
    region_code: region ?? null,
    board_code: board ?? null,
    parent_code: null,
    address: '[]',
    postcode: null,
    phone: null,
    opened_on: null,
    closed_on: closed ? '2020-01-31' : null,
    status: closed ? ('closed' as const) : ('open' as const),
    size: null,
    source: 'test',
    created_at: now,
    updated_at: now,
  }))
  for (let at = 0; at < organisations.length; at += 2_000)
    await db
      .insertInto('directory_organisation')
      .values(organisations.slice(at, at + 2_000))
      .execute()

  const contacts = list.flatMap(({ code, contacts: addresses = [`cyber@${code.toLowerCase()}.example`] }) =>
    addresses.map(email => ({
      id: makeId('contact', uuidv7()),
      organisation_id: idOf(code),
      person_id: null,
      name: `The lead of ${code}`,
      purpose: 'cyber lead',
      email,
      mobile: null,
      phone: null,
      last_proved_at: null,
      last_failed_at: null,
      last_failure: null,
      created_at: now,
      ended_at: null,
    })),
  )
  for (let at = 0; at < contacts.length; at += 2_000)
    await db
      .insertInto('directory_contact')
      .values(contacts.slice(at, at + 2_000))
      .execute()

  const products = new Map(
    list.flatMap(({ runs = [] }) =>
      runs.map(([maker, product]) => [
        `${nameKey(maker)}\n${nameKey(product)}`,
        { maker, product, maker_key: nameKey(maker), product_key: nameKey(product) },
      ]),
    ),
  )
  if (products.size === 0) return ids
  const planted = await db
    .insertInto('directory_product')
    .values([...products.values()])
    .onConflict(conflict => conflict.columns(['maker_key', 'product_key']).doUpdateSet(eb => ({ maker: eb.ref('excluded.maker') })))
    .returning(['id', 'maker_key', 'product_key'])
    .execute()
  const productId = new Map(planted.map(row => [`${row.maker_key}\n${row.product_key}`, row.id]))
  const technology = list.flatMap(({ code, runs = [] }) =>
    runs.map(([maker, product, version = '', shared = true]) => ({
      organisation_id: idOf(code),
      product_id: productId.get(`${nameKey(maker)}\n${nameKey(product)}`) ?? 0,
      version,
      source: 'test',
      count: null,
      as_of: null,
      shared,
      cpe: null,
      purl: null,
      updated_at: now,
    })),
  )
  for (let at = 0; at < technology.length; at += 2_000)
    await db
      .insertInto('directory_technology')
      .values(technology.slice(at, at + 2_000))
      .execute()
  return ids
}

/** What a bulletin says, complete enough to be released. */
export const SOUND_CONTENT = {
  title: 'Sign-in flaw in Larch Records',
  severity: 'high',
  shortSummary: 'A flaw lets a stranger sign in to Larch Records.',
  summary: 'A flaw lets a stranger **sign in**.',
  steps: [{ type: 'Patch', text: 'Install version 9.2', link: 'https://larch.example/9-2' }],
  platforms: [{ platform: 'Larch Records', versions: ['9.0', '9.1'], text: '' }],
  sources: ['https://larch.example/advisory'],
  confidence: 'confirmed',
} satisfies Partial<BulletinContent>
