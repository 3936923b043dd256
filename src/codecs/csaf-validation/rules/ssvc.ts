import { recordAt, textAt } from '../../../kernel/json.ts'
import type { Fault, Rule } from '../model.ts'
import { each, metrics } from './walk.ts'

type Values = readonly (readonly [key: string, name: string])[]

/** Decision points as SSVC registers them (https://certcc.github.io/SSVC/), by namespace, key and version, oldest version first; values in their order. */
const REGISTERED: readonly (readonly [point: string, version: string, values: Values])[] = [
  [
    'ssvc E',
    '1.0.0',
    [
      ['N', 'None'],
      ['P', 'PoC'],
      ['A', 'Active'],
    ],
  ],
  [
    'ssvc E',
    '1.1.0',
    [
      ['N', 'None'],
      ['P', 'Public PoC'],
      ['A', 'Active'],
    ],
  ],
  [
    'ssvc A',
    '2.0.0',
    [
      ['N', 'No'],
      ['Y', 'Yes'],
    ],
  ],
  [
    'ssvc TI',
    '1.0.0',
    [
      ['P', 'Partial'],
      ['T', 'Total'],
    ],
  ],
  [
    'ssvc MI',
    '1.0.0',
    [
      ['N', 'None'],
      ['NED', 'Non-Essential Degraded'],
      ['MSC', 'MEF Support Crippled'],
      ['MEF', 'MEF Failure'],
      ['MF', 'Mission Failure'],
    ],
  ],
  [
    'ssvc MI',
    '2.0.0',
    [
      ['D', 'Degraded'],
      ['MSC', 'MEF Support Crippled'],
      ['MEF', 'MEF Failure'],
      ['MF', 'Mission Failure'],
    ],
  ],
  [
    'ssvc SI',
    '1.0.0',
    [
      ['N', 'None'],
      ['M', 'Minor'],
      ['J', 'Major'],
      ['H', 'Hazardous'],
      ['C', 'Catastrophic'],
    ],
  ],
  [
    'ssvc SI',
    '2.0.0',
    [
      ['N', 'Negligible'],
      ['M', 'Marginal'],
      ['R', 'Critical'],
      ['C', 'Catastrophic'],
    ],
  ],
  [
    'ssvc VD',
    '1.0.0',
    [
      ['D', 'Diffuse'],
      ['C', 'Concentrated'],
    ],
  ],
  [
    'cvss AC',
    '3.0.0',
    [
      ['H', 'High'],
      ['L', 'Low'],
    ],
  ],
  [
    'cvss AC',
    '3.0.1',
    [
      ['H', 'High'],
      ['L', 'Low'],
    ],
  ],
]

/** Rules of CSAF 2.1 about the values of SSVC. Of decision points that are not in the table nothing is said. */
export const SSVC_RULES: Readonly<Record<string, Rule>> = {
  *'6.1.48'(document) {
    for (const { value, pointer, point, isEnglish } of points(document)) {
      const values = REGISTERED.find(([known, version]) => known === point && version === textAt(value, 'version'))?.[2]
      if (values === undefined) continue
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
    for (const { value, pointer, point } of points(document)) {
      const latest = REGISTERED.findLast(([known]) => known === point)?.[1]
      if (latest !== undefined && latest !== textAt(value, 'version')) yield { pointer: `${pointer}/version`, message: `Version ${latest} is there` }
    }
  },
}

function* points(document: unknown) {
  for (const { value, pointer } of metrics(document))
    for (const selection of each(recordAt(value, 'ssvc_v2'), 'selections', `${pointer}/ssvc_v2`)) {
      const namespace = textAt(selection.value, 'namespace') ?? ''
      const language = /[$/]([a-z]{2,3}(?:-[A-Za-z0-9]+)*)$/.exec(namespace)?.[1] ?? 'en'
      yield { ...selection, point: `${namespace.split('/')[0]} ${textAt(selection.value, 'key') ?? ''}`, isEnglish: language.startsWith('en') }
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
