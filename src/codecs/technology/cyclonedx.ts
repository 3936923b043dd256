import { londonDate, parseInstant, type LocalDate } from '../../kernel/instant.ts'
import { excerptOf, isRecord, lineAt, listAt, memberOf, parseJson, pointerTo, recordAt } from '../../kernel/json.ts'
import { nameKey } from '../../kernel/name-key.ts'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import type { RejectedRow, TechnologyFile, TechnologyRow } from './technology.ts'

/** A CycloneDX inventory (https://cyclonedx.org/specification/overview/) in JSON, of what one organisation runs or one product is made of. */

const TRIED_VERSIONS: ReadonlySet<string> = new Set(['1.4', '1.5', '1.6'])
const ALIKE_VERSIONS: ReadonlySet<string> = new Set(['1.2', '1.3', '1.7'])

/** Components that nobody runs as such. */
const NOT_TECHNOLOGY: ReadonlySet<string> = new Set(['file', 'data', 'cryptographic-asset'])

/** Whether parsed JSON is a CycloneDX inventory. */
function recognisesCycloneDx(json: unknown): boolean {
  return memberOf(json, 'bomFormat') === 'CycloneDX'
}

/** Reads the text of an inventory. See `readCycloneDx`; further rules are those of `parseJson`. */
export function parseCycloneDx(text: string): Result<TechnologyFile> {
  if (/^\s*</.test(text) && /cyclonedx\.org\/schema|<bom\b/i.test(text.slice(0, 4_000))) {
    return refuse(
      'cyclonedx.xml',
      'This is CycloneDX as XML, which is not read here. Export it as JSON, or convert it with the CycloneDX command line tool.',
    )
  }
  const json = parseJson(text)
  return json.ok ? readCycloneDx(json.value) : json
}

/**
 * Reads parsed JSON as an inventory: a row for the thing that it describes and for each component, nested ones included, each once.
 * The maker is the supplier, else the manufacturer, the publisher or the group. No row has an organisation: the caller knows it.
 * Fails with `cyclonedx.not-cyclonedx`, `cyclonedx.spdx` or `cyclonedx.version`; warns with `cyclonedx.version`, `cyclonedx.purl`,
 * `cyclonedx.cpe`, `cyclonedx.left-out`.
 */
export function readCycloneDx(json: unknown): Result<TechnologyFile> {
  if (memberOf(json, 'spdxVersion') !== undefined || memberOf(json, '@graph') !== undefined) {
    return refuse('cyclonedx.spdx', 'This is an inventory in SPDX, which is not read here. Export it as CycloneDX JSON.')
  }
  if (!recognisesCycloneDx(json))
    return refuse('cyclonedx.not-cyclonedx', 'This is JSON, but not a CycloneDX inventory: it does not say "bomFormat": "CycloneDX".')
  const version = lineAt(json, 'specVersion') ?? ''
  if (!TRIED_VERSIONS.has(version) && !ALIKE_VERSIONS.has(version)) {
    return refuse(
      'cyclonedx.version',
      `This inventory says that it is CycloneDX "${version.slice(0, 20)}". Versions 1.2 to 1.7 can be read.`,
      '/specVersion',
    )
  }
  const problems: Problem[] = []
  if (ALIKE_VERSIONS.has(version))
    problems.push(warning('cyclonedx.version', '/specVersion', `CycloneDX ${version} is read as 1.6. Check that nothing is missing.`))

  const metadata = recordAt(json, 'metadata')
  const made = parseInstant(lineAt(metadata, 'timestamp') ?? '')
  const collection: Collection = { asOf: made === undefined ? null : londonDate(made), rows: new Map(), rejected: [], problems, leftOut: 0 }
  const subject = recordAt(metadata, 'component')
  if (subject !== undefined) collect(subject, pointerTo('metadata', 'component'), collection)
  for (const [index, component] of listAt(json, 'components').entries()) collect(component, pointerTo('components', index), collection)

  if (collection.leftOut > 0)
    problems.push(warning('cyclonedx.left-out', '', `${collection.leftOut} components are files, data or keys. They were left out.`))
  const name = lineAt(subject, 'name')
  return succeed(
    {
      format: 'cyclonedx',
      label: name === undefined ? `CycloneDX ${version}` : `CycloneDX ${version}: ${name}`,
      rows: [...collection.rows.values()],
      rejected: collection.rejected,
    },
    problems,
  )
}

interface Collection {
  readonly asOf: LocalDate | null
  readonly rows: Map<string, TechnologyRow>
  readonly rejected: RejectedRow[]
  readonly problems: Problem[]
  leftOut: number
}

/** Components nest; `parseJson` bounds how deep. */
function collect(component: unknown, position: string, collection: Collection): void {
  for (const [index, child] of listAt(component, 'components').entries()) collect(child, `${position}${pointerTo('components', index)}`, collection)
  const product = lineAt(component, 'name')
  if (!isRecord(component) || product === undefined) {
    collection.rejected.push({ position, reason: 'This component has no name.', excerpt: excerptOf(component) })
    return
  }
  if (NOT_TECHNOLOGY.has(lineAt(component, 'type') ?? '')) {
    collection.leftOut++
    return
  }
  const complain = (rule: string, name: string) =>
    collection.problems.push(warning(rule, `${position}/${name}`, `The ${name} of ${product} is not well formed. It was left out.`))
  const row: TechnologyRow = {
    position,
    organisationCode: null,
    maker: makerOf(component),
    product,
    version: lineAt(component, 'version') ?? null,
    count: null,
    asOf: collection.asOf,
    purl: identifierAt(component, 'purl', /^pkg:[a-z][a-z0-9.+-]*\/\S+$/i, complain),
    cpe: identifierAt(component, 'cpe', /^cpe:(2\.3:|\/)[aho*-]?(:\S*)?$/i, complain),
  }
  const key = JSON.stringify([nameKey(row.maker) || row.maker, nameKey(row.product) || row.product, row.version])
  const known = collection.rows.get(key)
  collection.rows.set(key, known === undefined ? row : { ...known, purl: known.purl ?? row.purl, cpe: known.cpe ?? row.cpe })
}

function makerOf(component: unknown): string {
  const named = lineAt(recordAt(component, 'supplier'), 'name') ?? lineAt(recordAt(component, 'manufacturer'), 'name')
  return named ?? lineAt(component, 'publisher') ?? lineAt(component, 'group') ?? ''
}

function identifierAt(component: unknown, name: 'purl' | 'cpe', pattern: RegExp, complain: (rule: string, name: string) => void): string | null {
  const identifier = lineAt(component, name)
  if (identifier === undefined || pattern.test(identifier)) return identifier ?? null
  complain(`cyclonedx.${name}`, name)
  return null
}

function warning(rule: string, pointer: string, message: string): Problem {
  return { rule, pointer, severity: 'warning', message }
}

function refuse(rule: string, message: string, pointer = ''): Result<never> {
  return fail({ rule, pointer, severity: 'error', message })
}
