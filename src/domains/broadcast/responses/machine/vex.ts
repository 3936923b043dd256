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
  const statements: VexStatement[] = []
  for (const [at, statement] of given.entries()) {
    const status = VEX_STATUSES.find(known => known === lineAt(statement, 'status'))
    const vulnerability = isRecord(statement) ? statement['vulnerability'] : undefined
    const name = typeof vulnerability === 'string' ? vulnerability : (lineAt(vulnerability, 'name') ?? lineAt(vulnerability, '@id'))
    if (status === undefined) return refuse('statement', `/statements/${at}/status`, `A status is one of ${VEX_STATUSES.join(', ')}.`)
    if (name === undefined) return refuse('statement', `/statements/${at}/vulnerability`, 'A statement names its vulnerability.')
    statements.push({
      vulnerabilities: [name, ...linesIn(listAt(vulnerability, 'aliases'))],
      products: listAt(statement, 'products').flatMap(product => (typeof product === 'string' ? [product] : linesIn([lineAt(product, '@id')]))),
      status,
      justification: lineAt(statement, 'justification') ?? null,
      words: textAt(statement, 'action_statement') ?? textAt(statement, 'impact_statement') ?? textAt(statement, 'status_notes') ?? null,
    })
  }
  return statements.length === 0 ? refuse('statement', '/statements', 'The document makes no statement.') : succeed(statements)
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
  const names = productNames(recordAt(json, 'product_tree'))
  const statements: VexStatement[] = []
  for (const vulnerability of listAt(json, 'vulnerabilities').slice(0, MOST_STATEMENTS)) {
    const ids = [lineAt(vulnerability, 'cve'), ...listAt(vulnerability, 'ids').map(id => lineAt(id, 'text'))]
    const flag = lineAt(listAt(vulnerability, 'flags')[0], 'label')
    const remediation = listAt(vulnerability, 'remediations')[0]
    for (const [list, status] of Object.entries(CSAF_LISTS)) {
      const products = linesIn(listAt(recordAt(vulnerability, 'product_status'), list)).map(id => names.get(id) ?? id)
      if (products.length === 0) continue
      statements.push({
        vulnerabilities: linesIn(ids),
        products,
        status,
        justification: status === 'not_affected' ? (flag ?? null) : null,
        words: textAt(remediation, 'details') ?? null,
      })
    }
  }
  return statements.length === 0 ? refuse('statement', '/vulnerabilities', 'The document says of no product how it stands.') : succeed(statements)
}

/** Names by product id, from the branches of the tree and from its list. `parseJson` has bounded how deep it nests. */
function productNames(node: unknown, names = new Map<string, string>()): ReadonlyMap<string, string> {
  for (const product of [recordAt(node, 'product'), ...listAt(node, 'full_product_names')]) {
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
