import { recordAt, textAt } from '../../../kernel/json.ts'
import type { Fault, Rule } from '../model.ts'
import { POINTS } from './ssvc-points.ts'
import { each, metrics } from './walk.ts'

/** Rules of CSAF 2.1 about the values of SSVC. Of decision points that are not in the table it is said that they were not tried. */
export const SSVC_RULES: Readonly<Record<string, Rule>> = {
  *'6.1.48'(document) {
    for (const { value, pointer, point, isEnglish, isRegistered } of points(document)) {
      const version = textAt(value, 'version') ?? ''
      const values = POINTS.get(point)?.get(version)
      if (values === undefined) {
        if (isRegistered) yield { pointer, message: `The values of ${point} ${version} are not known here`, isUntried: true }
        continue
      }
      let last = -1
      for (const chosen of each(value, 'values', pointer)) {
        const at = values.findIndex(([key]) => key === textAt(chosen.value, 'key'))
        const name = textAt(chosen.value, 'name')
        if (at < 0) yield { pointer: `${chosen.pointer}/key`, message: `${point} has no such value` }
        else if (isEnglish && name !== undefined && name !== values[at]?.[1])
          yield { pointer: `${chosen.pointer}/name`, message: `That value is called ${values[at]?.[1]}` }
        else if (at < last) yield { pointer: chosen.pointer, message: 'It stands before one that comes first' }
        last = Math.max(last, at)
      }
    }
  },
  '6.2.20': unknownMembers,
  *'6.3.13'(document) {
    for (const { value, pointer, point, isRegistered } of points(document)) {
      const version = textAt(value, 'version') ?? ''
      const known = [...(POINTS.get(point)?.keys() ?? [])]
      if (known.includes(version)) {
        if (version !== known.at(-1)) yield { pointer: `${pointer}/version`, message: `Version ${known.at(-1)} is there` }
      } else if (isRegistered) yield { pointer, message: `Which versions of ${point} there are is not known here`, isUntried: true }
    }
  },
}

/** Base namespaces whose decision points SSVC registers. */
const REGISTERED: ReadonlySet<string> = new Set(['ssvc', 'cvss', 'cisa', 'nist', 'basic'])

function* points(document: unknown) {
  for (const { value, pointer } of metrics(document))
    for (const selection of each(recordAt(value, 'ssvc_v2'), 'selections', `${pointer}/ssvc_v2`)) {
      const namespace = textAt(selection.value, 'namespace') ?? ''
      const language = /[$/]([a-z]{2,3}(?:-[A-Za-z0-9]+)*)$/.exec(namespace)?.[1] ?? 'en'
      const base = namespace.split('/')[0] ?? ''
      const point = `${base} ${textAt(selection.value, 'key') ?? ''}`
      yield { ...selection, point, isEnglish: language.startsWith('en'), isRegistered: REGISTERED.has(base) }
    }
}

/** Members of CVSS scores that no schema of CVSS knows. The rest of a document has no room for what its schema does not name. */
async function unknownMembers(document: unknown): Promise<readonly Fault[]> {
  const known = await cvssMembers()
  return [...metrics(document)].flatMap(({ value, pointer }) =>
    [...known].flatMap(([name, members]) =>
      Object.keys(recordAt(value, name) ?? {})
        .filter(member => !members.has(member))
        .map(member => ({ pointer: `${pointer}/${name}/${member}`, message: 'CVSS has no such member' })),
    ),
  )
}

async function cvssMembers(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const schemas = await Promise.all([
    import('@secvisogram/csaf-validator-lib/schemas/cvss-v2.0.js'),
    import('@secvisogram/csaf-validator-lib/schemas/cvss-v3.1.js'),
    import('@secvisogram/csaf-validator-lib/csaf_2_1/csafAjv/cvss-v4.0.js'),
  ])
  const names = ['cvss_v2', 'cvss_v3', 'cvss_v4']
  return new Map(schemas.map((schema, at) => [names[at] ?? '', new Set(Object.keys(recordAt(schema.default, 'properties') ?? {}))]))
}
