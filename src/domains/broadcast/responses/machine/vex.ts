import { parseInstant } from '../../../../kernel/instant.ts'
import { isRecord, lineAt, listAt, recordAt, textAt } from '../../../../kernel/json.ts'
import { fail, succeed, type Result } from '../../../../kernel/problem.ts'

/**
 * What a machine says of an organisation's products, in the two common forms: OpenVEX (specification 0.2.0) and the VEX profile of CSAF
 * (OASIS, CSAF 2.0 §4.5). Both say of a vulnerability and of products one of four statuses.
 */
export const VEX_STATUSES = ['affected', 'under_investigation', 'fixed', 'not_affected'] as const
export type VexStatus = (typeof VEX_STATUSES)[number]

export interface VexStatement {
  /** Names of the vulnerability: a CVE, its aliases, or a bulletin's number. */
  readonly vulnerabilities: readonly string[]
  readonly products: readonly string[]
  readonly status: VexStatus
  /** Why not affected, in the words of the form. */
  readonly justification: string | null
  /** What is done about it, or said of it. */
  readonly words: string | null
  /** When it was said, in milliseconds since 1970; 0 where the form does not say. */
  readonly at: number
}

const MOST_STATEMENTS = 2_000

/** Whether parsed JSON is either form, as against a plain answer of ours. */
export function recognisesVex(json: unknown): boolean {
  return isOpenVex(json) || recordAt(recordAt(json, 'document'), 'tracking') !== undefined
}

/** Reads parsed JSON of either form. Fails with `vex.form`, `vex.size`, or `vex.statement` and where. */
export function readVex(json: unknown): Result<readonly VexStatement[]> {
  if (isOpenVex(json)) return readOpenVex(json)
  if (recordAt(json, 'document') !== undefined) return readCsafVex(json)
  return refuse('form', '', 'This is neither OpenVEX nor the VEX profile of CSAF.')
}

function isOpenVex(json: unknown): boolean {
  return lineAt(json, '@context')?.startsWith('https://openvex.dev/ns') === true
}

function readOpenVex(json: unknown): Result<readonly VexStatement[]> {
  const given = listAt(json, 'statements')
  if (given.length > MOST_STATEMENTS) return refuse('size', '/statements', `A document has ${MOST_STATEMENTS} statements at most.`)
  const ofDocument = timeAt(json)
  const statements: VexStatement[] = []
  for (const [at, statement] of given.entries()) {
    const status = VEX_STATUSES.find(known => known === lineAt(statement, 'status'))
    const vulnerability = isRecord(statement) ? statement['vulnerability'] : undefined
    const name = typeof vulnerability === 'string' ? vulnerability : (lineAt(vulnerability, 'name') ?? lineAt(vulnerability, '@id'))
    if (status === undefined) return refuse('statement', `/statements/${at}/status`, `A status is one of ${VEX_STATUSES.join(', ')}.`)
    if (name === undefined) return refuse('statement', `/statements/${at}/vulnerability`, 'A statement names its vulnerability.')
    statements.push({
      vulnerabilities: [name, ...linesIn(listAt(vulnerability, 'aliases'))],
      products: linesIn(listAt(statement, 'products').map(openVexProduct)),
      status,
      justification: lineAt(statement, 'justification') ?? null,
      words: textAt(statement, 'action_statement') ?? textAt(statement, 'impact_statement') ?? textAt(statement, 'status_notes') ?? null,
      at: timeAt(statement) ?? ofDocument ?? 0,
    })
  }
  return statements.length === 0 ? refuse('statement', '/statements', 'The document makes no statement.') : succeed(statements)
}

/** A product is a text, or names itself by an IRI or by one of its identifiers. */
function openVexProduct(product: unknown): string | undefined {
  if (typeof product === 'string') return product
  const identifiers = recordAt(product, 'identifiers')
  return lineAt(product, '@id') ?? lineAt(identifiers, 'purl') ?? lineAt(identifiers, 'cpe23') ?? lineAt(identifiers, 'cpe22')
}

/** When a document or a statement of it was made; what a statement does not say, its document says for it. */
function timeAt(json: unknown): number | undefined {
  return parseInstant(lineAt(json, 'timestamp') ?? '')?.getTime()
}

/** Which list of `product_status` says which status. `first_` and `last_affected` are of versions between, and say the same. */
const CSAF_LISTS: Readonly<Record<string, VexStatus>> = {
  known_affected: 'affected',
  first_affected: 'affected',
  last_affected: 'affected',
  under_investigation: 'under_investigation',
  fixed: 'fixed',
  first_fixed: 'fixed',
  known_not_affected: 'not_affected',
}

function readCsafVex(json: unknown): Result<readonly VexStatement[]> {
  if (lineAt(recordAt(json, 'document'), 'category') !== 'csaf_vex')
    return refuse('form', '/document/category', 'Of CSAF, only the VEX profile says how your products stand: its category is csaf_vex.')
  const given = listAt(json, 'vulnerabilities')
  if (given.length > MOST_STATEMENTS) return refuse('size', '/vulnerabilities', `A document has ${MOST_STATEMENTS} vulnerabilities at most.`)
  const names = productNames(recordAt(json, 'product_tree'))
  const statements: VexStatement[] = []
  for (const vulnerability of given) {
    const named = [lineAt(vulnerability, 'cve'), ...listAt(vulnerability, 'ids').map(id => lineAt(id, 'text'))]
    for (const [list, status] of Object.entries(CSAF_LISTS)) {
      const ids = linesIn(listAt(recordAt(vulnerability, 'product_status'), list))
      if (ids.length === 0) continue
      const isUnaffected = status === 'not_affected'
      const impacts = listAt(vulnerability, 'threats').filter(threat => lineAt(threat, 'category') === 'impact')
      statements.push({
        vulnerabilities: linesIn(named),
        products: ids.map(id => names.get(id) ?? id),
        status,
        justification: isUnaffected ? saidOf(ids, listAt(vulnerability, 'flags'), 'label') : null,
        words: saidOf(ids, isUnaffected ? impacts : listAt(vulnerability, 'remediations'), 'details'),
        at: 0,
      })
    }
  }
  return statements.length === 0 ? refuse('statement', '/vulnerabilities', 'The document says of no product how it stands.') : succeed(statements)
}

/** What flags, threats or remediations say of any of these products: one that names no product speaks of all. */
function saidOf(ids: readonly string[], entries: readonly unknown[], part: 'label' | 'details'): string | null {
  const said = entries.flatMap(entry => {
    const named = linesIn(listAt(entry, 'product_ids'))
    return named.length === 0 || named.some(id => ids.includes(id)) ? [textAt(entry, part)] : []
  })
  return [...new Set(linesIn(said))].join('; ') || null
}

/** Names by product id, from the branches of the tree, its list, and what it installs on what. `parseJson` has bounded how deep it nests. */
function productNames(node: unknown, names = new Map<string, string>()): ReadonlyMap<string, string> {
  const combined = listAt(node, 'relationships').map(relationship => recordAt(relationship, 'full_product_name'))
  for (const product of [recordAt(node, 'product'), ...listAt(node, 'full_product_names'), ...combined]) {
    const [id, name] = [lineAt(product, 'product_id'), lineAt(product, 'name')]
    if (id !== undefined && name !== undefined) names.set(id, name)
  }
  for (const branch of listAt(node, 'branches')) productNames(branch, names)
  return names
}

function linesIn(values: readonly unknown[]): readonly string[] {
  return values.filter(value => typeof value === 'string' && value !== '') as string[]
}

function refuse(rule: string, pointer: string, message: string): Result<never> {
  return fail({ rule: `vex.${rule}`, pointer, severity: 'error', message })
}
