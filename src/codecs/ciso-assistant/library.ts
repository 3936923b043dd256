import type { CrosswalkDocument, CrosswalkPair, FrameworkFile } from '../../kernel/framework.ts'
import { isRecord, lineAt, listAt, memberOf, numberAt, recordAt, textAt } from '../../kernel/json.ts'
import { fail, succeed, type Result } from '../../kernel/problem.ts'
import { readFramework } from './framework.ts'
import { keyOfUrn, nodeOfUrn } from './urn.ts'

/** Whether this is a library of CISO Assistant: a `urn`, and `objects`. */
export function isCisoLibrary(data: unknown): boolean {
  return typeof memberOf(data, 'urn') === 'string' && recordAt(data, 'objects') !== undefined
}

/** What a library may hold beside frameworks and mappings, and what is said of it. */
const OTHERS: Readonly<Record<string, string>> = {
  risk_matrix: 'a risk matrix, which is not a framework: risk is counted in money and care here, not in colours',
  risk_matrices: 'risk matrices, which are no frameworks: risk is counted in money and care here, not in colours',
  reference_controls: 'reference controls: they are listed with the requirements that name them, and not kept by themselves',
  threats: 'threats: they are listed with the requirements that name them, and not kept by themselves',
  metric_definitions: 'definitions of metrics, which are not taken',
  preset: 'a preset, which is not taken',
  workflows: 'workflows, which are not taken',
  ttp_catalogs: 'catalogues of techniques, which are not taken',
}

/** Reads one library: each framework in it, and each set of mappings as a crosswalk. */
export function readCisoLibrary(data: unknown): Result<FrameworkFile> {
  const objects = recordAt(data, 'objects')
  const library = {
    name: lineAt(data, 'name') ?? '',
    publisher: lineAt(data, 'provider') ?? '',
    licence: textAt(data, 'copyright') ?? '',
    source: sourceOf(data),
  }
  const names = namesIn(objects)
  const frameworks = [...many(objects, 'framework'), ...many(objects, 'frameworks')].map(framework => readFramework(framework, library, names))
  const refused = frameworks.find(framework => !framework.ok)
  if (refused && !refused.ok) return fail(...refused.problems)
  const sets = [...many(objects, 'requirement_mapping_set'), ...many(objects, 'requirement_mapping_sets')]
  const others = Object.keys(objects ?? {}).flatMap(kind => {
    return Object.hasOwn(OTHERS, kind) ? [`It holds ${OTHERS[kind]}.`] : []
  })
  const untied = sets.reduce((sum: number, set) => sum + listAt(set, 'requirement_mappings').filter(mapping => !isTied(mapping)).length, 0)
  if (untied > 0) others.push(`${untied} of its mappings do not say which two requirements they tie. They were left out.`)
  return succeed({
    kind: 'CISO Assistant library',
    frameworks: frameworks.flatMap(framework => (framework.ok ? [framework.value] : [])),
    crosswalks: sets.map(set => readMappings(set, library)),
    profiles: [],
    others,
  })
}

type Library = { readonly name: string; readonly source: string }

const RELATIONS = ['equal', 'subset', 'superset', 'intersect'] as const

function readMappings(set: unknown, library: Library): CrosswalkDocument {
  const pairs = new Map<string, CrosswalkPair>()
  for (const mapping of listAt(set, 'requirement_mappings').filter(isTied)) {
    const [fromCode, toCode] = [
      nodeOfUrn(lineAt(mapping, 'source_requirement_urn') ?? ''),
      nodeOfUrn(lineAt(mapping, 'target_requirement_urn') ?? ''),
    ]
    const strength = numberAt(mapping, 'strength_of_relationship')
    pairs.set(`${fromCode}\n${toCode}`, {
      fromCode,
      toCode,
      relation: RELATIONS.find(relation => relation === memberOf(mapping, 'relationship')) ?? 'intersect',
      strength: strength !== undefined && strength >= 0 && strength <= 10 ? Math.round(strength) : null,
      rationale: [lineAt(mapping, 'rationale'), lineAt(mapping, 'annotation')].filter(Boolean).join('. '),
    })
  }
  return {
    from: keyOfUrn(lineAt(set, 'source_framework_urn') ?? ''),
    to: keyOfUrn(lineAt(set, 'target_framework_urn') ?? ''),
    name: lineAt(set, 'name') ?? library.name,
    source: library.source,
    pairs: [...pairs.values()],
  }
}

function isTied(mapping: unknown): boolean {
  return lineAt(mapping, 'source_requirement_urn') !== undefined && lineAt(mapping, 'target_requirement_urn') !== undefined
}

/** The names of the controls and threats that requirements may point at. */
function namesIn(objects: unknown): ReadonlyMap<string, string> {
  const all = [...listAt(objects, 'reference_controls'), ...listAt(objects, 'threats')]
  return new Map(all.map(one => [(lineAt(one, 'urn') ?? '').toLowerCase(), lineAt(one, 'name') ?? lineAt(one, 'ref_id') ?? '']))
}

function sourceOf(data: unknown): string {
  const date = lineAt(data, 'publication_date')
  const version = numberAt(data, 'version')
  return [`CISO Assistant library ${lineAt(data, 'ref_id') ?? lineAt(data, 'urn') ?? ''}`, version && `version ${version}`, date]
    .filter(Boolean)
    .join(', ')
}

/** An old spelling holds one, or a list of them. */
function many(objects: unknown, name: string): readonly unknown[] {
  const member = memberOf(objects, name)
  return isRecord(member) ? [member] : Array.isArray(member) ? member : []
}
