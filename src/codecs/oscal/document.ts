import {
  frameworkCode,
  REQUIREMENT_LEVELS,
  REQUIREMENT_RULE,
  type FrameworkFile,
  type FrameworkIndicator,
  type FrameworkNode,
} from '../../kernel/framework.ts'
import { isRecord, lineAt, linesAt, listAt, recordAt, textAt, type JsonRecord } from '../../kernel/json.ts'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import { shorten } from '../../kernel/text.ts'

/** The documents of OSCAL (NIST, 1.1 and 1.2), by the name of their root, and what is said of those that are no framework. */
const ROOTS: Readonly<Record<string, string>> = {
  catalog: 'catalogue',
  profile: 'profile',
  'assessment-results': 'a report of what an assessment found. It is about one organisation, and no framework. Nothing of it was taken',
  'assessment-plan': 'a plan for an assessment, and no framework. Nothing of it was taken',
  'plan-of-action-and-milestones': 'a plan of action of one organisation, and no framework. Nothing of it was taken',
  'system-security-plan': 'the security plan of a system, and no framework. Nothing of it was taken',
  'component-definition': 'a definition of components, and no framework. Nothing of it was taken',
  'mapping-collection': 'a collection of mappings, which is not read yet. Nothing of it was taken',
}

/** The root of the document, when it is OSCAL. */
export function oscalRoot(data: unknown): string | undefined {
  return Object.keys(ROOTS).find(root => recordAt(recordAt(data, root), 'metadata') !== undefined)
}

/** Reads a catalogue as a framework of requirements, and a profile as a selection of them. Of the others it says what they are. */
export function readOscal(data: unknown): Result<FrameworkFile> {
  const root = oscalRoot(data) ?? ''
  const body = recordAt(data, root)
  if (body === undefined) return fail(odd('oscal.root', '', 'This is not an OSCAL document. Nothing was taken.', 'error'))
  const empty = { kind: `OSCAL ${root}`, frameworks: [], crosswalks: [], profiles: [], others: [] }
  if (root === 'catalog') return readCatalogue(body)
  if (root === 'profile') return readProfile(body)
  return succeed({ ...empty, others: [`This is ${ROOTS[root] ?? 'no framework'}.`] })
}

function readCatalogue(catalogue: JsonRecord): Result<FrameworkFile> {
  const nodes: FrameworkNode[] = []
  const indicators: FrameworkIndicator[] = []
  let withdrawn = 0
  const control = (one: unknown, parentCode: string | null): void => {
    const code = lineAt(one, 'id') ?? ''
    if (propOf(one, 'status')?.toLowerCase() === 'withdrawn') {
      withdrawn++
    } else {
      const label = propOf(one, 'label')
      const title = lineAt(one, 'title') ?? ''
      nodes.push({
        code,
        kind: 'outcome',
        parentCode,
        title: label === undefined ? title : `${label} ${title}`,
        description: proseOf(one, ['overview', 'guidance']),
      })
      const asked = statements(
        listAt(one, 'parts').filter(part => lineAt(part, 'name') === 'statement'),
        parametersOf(one),
      )
      for (const [index, text] of asked.entries())
        indicators.push({ code: asked.length === 1 ? code : `${code}_smt.${index + 1}`, outcomeCode: code, level: 'met', text, reference: '' })
    }
    // An enhancement of a control stands beside it.
    for (const inner of listAt(one, 'controls')) control(inner, parentCode)
  }
  const group = (one: unknown, parentCode: string | null): void => {
    const code = lineAt(one, 'id') ?? frameworkCode(lineAt(one, 'title') ?? '')
    nodes.push({ code, kind: 'group', parentCode, title: lineAt(one, 'title') ?? '', description: proseOf(one, ['overview']) })
    for (const inner of listAt(one, 'groups')) group(inner, code)
    for (const inner of listAt(one, 'controls')) control(inner, code)
  }
  for (const one of listAt(catalogue, 'groups')) group(one, null)
  for (const one of listAt(catalogue, 'controls')) control(one, null)

  const metadata = recordAt(catalogue, 'metadata')
  const title = lineAt(metadata, 'title') ?? 'OSCAL catalogue'
  const findings = withdrawn === 0 ? [] : [odd('oscal.withdrawn', '', `${withdrawn} controls are withdrawn by their publisher and were left out.`)]
  return succeed({
    kind: 'OSCAL catalogue',
    frameworks: [
      {
        code: frameworkCode(title),
        version: lineAt(metadata, 'version') ?? '',
        name: title,
        description: '',
        publisher: publisherOf(metadata),
        source: `OSCAL catalogue ${lineAt(catalogue, 'uuid') ?? ''}, last changed ${lineAt(metadata, 'last-modified') ?? 'at an unknown time'}`,
        licence: textAt(metadata, 'remarks') ?? '',
        subject: 'organisation',
        levels: REQUIREMENT_LEVELS,
        rule: REQUIREMENT_RULE,
        nodes,
        indicators,
        profiles: [],
        findings,
      },
    ],
    crosswalks: [],
    profiles: [],
    others: [],
  })
}

function readProfile(profile: JsonRecord): Result<FrameworkFile> {
  const metadata = recordAt(profile, 'metadata')
  const title = lineAt(metadata, 'title') ?? 'OSCAL profile'
  const imports = listAt(profile, 'imports')
  if (imports.some(one => isRecord(one) && ('include-all' in one || 'exclude-controls' in one)))
    return fail(
      odd(
        'oscal.profile',
        '/profile/imports',
        'This profile selects controls by rules (all, or all but some), which are not read. Give one that names its controls.',
        'error',
      ),
    )
  const codes = new Set(imports.flatMap(one => listAt(one, 'include-controls').flatMap(selection => linesAt(selection, 'with-ids'))))
  const version = lineAt(metadata, 'version')
  return succeed({
    kind: 'OSCAL profile',
    frameworks: [],
    crosswalks: [],
    profiles: [
      {
        code: frameworkCode(title),
        name: title,
        organisationType: null,
        period: null,
        source: `OSCAL profile ${lineAt(profile, 'uuid') ?? ''}${version === undefined ? '' : `, version ${version}`}`,
        levels: [...codes].map(outcomeCode => ({ outcomeCode, level: 'met' })),
      },
    ],
    others: [],
  })
}

/** Each statement with prose of its own is asked apart: a control of five items has five. */
function statements(parts: readonly unknown[], parameters: ReadonlyMap<string, string>): readonly string[] {
  return parts.flatMap(part => {
    const items = statements(listAt(part, 'parts'), parameters)
    const prose = filled(textAt(part, 'prose') ?? '', parameters)
    if (items.length === 0) return prose === '' ? [] : [prose]
    // The words before a list belong to each of its items.
    return prose === '' ? items : items.map(item => `${prose} ${item}`)
  })
}

function proseOf(one: unknown, names: readonly string[]): string {
  const parts = listAt(one, 'parts').filter(part => names.includes(lineAt(part, 'name') ?? ''))
  return statements(parts, parametersOf(one)).join('\n\n')
}

function parametersOf(control: unknown): ReadonlyMap<string, string> {
  return new Map(listAt(control, 'params').map(param => [lineAt(param, 'id') ?? '', lineAt(param, 'label') ?? 'as chosen']))
}

/** `{{ insert: param, ac-1_prm_1 }}` as the words for what an organisation chooses there. */
function filled(prose: string, parameters: ReadonlyMap<string, string>): string {
  return prose.replaceAll(/\{\{\s*insert:\s*param,\s*([^\s}]+)\s*\}\}/g, (_, id: string) => `[${parameters.get(id) ?? 'as chosen'}]`)
}

function propOf(one: unknown, name: string): string | undefined {
  return lineAt(
    listAt(one, 'props').find(prop => lineAt(prop, 'name') === name),
    'value',
  )
}

function publisherOf(metadata: unknown): string {
  return shorten(lineAt(listAt(metadata, 'parties')[0], 'name') ?? '', 200)
}

function odd(rule: string, pointer: string, message: string, severity: 'error' | 'warning' = 'warning'): Problem {
  return { rule, pointer, severity, message }
}
