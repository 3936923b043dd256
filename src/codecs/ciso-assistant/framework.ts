import {
  CAF_LEVELS,
  CAF_RULE,
  REQUIREMENT_LEVELS,
  REQUIREMENT_RULE,
  type FrameworkDocument,
  type FrameworkIndicator,
  type FrameworkNode,
} from '../../kernel/framework.ts'
import { isRecord, lineAt, linesAt, listAt, memberOf, numberAt, recordAt, textAt } from '../../kernel/json.ts'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import { shorten } from '../../kernel/text.ts'
import { keyOfUrn, nodeOfUrn } from './urn.ts'

interface Library {
  readonly name: string
  readonly publisher: string
  readonly licence: string
  readonly source: string
}

/** Deeper than any framework, as in the readers of YAML and JSON; without an end, each requirement would be followed through all above it. */
const DEEPEST = 60

interface Node {
  readonly urn: string
  readonly parentUrn: string | null
  readonly isAssessable: boolean
  readonly code: string
  readonly depth: number | undefined
  readonly name: string
  readonly text: string
  /** What helps to answer it: annotation, typical evidence, the controls and threats that it names. */
  readonly notes: string
  readonly questions: readonly string[]
  readonly groups: readonly string[]
}

/** The statements of the Cyber Assessment Framework are written as requirements under their outcome: `A1.a.1`, or with their list, `A1.a.NA.1`. */
const CAF_STATEMENT = /^([A-E]\d\.[a-z])\.(?:(A|PA|NA)\.)?(\d+)$/i
const CAF_LISTS: Readonly<Record<string, string>> = { A: 'achieved', PA: 'partially-achieved', NA: 'not-achieved' }

/** Reads one framework of a library: what is assessable is an outcome, met or not; what is not holds others. */
export function readFramework(framework: unknown, library: Library, names: ReadonlyMap<string, string>): Result<FrameworkDocument> {
  const read = listAt(framework, 'requirement_nodes').map(node => readNode(node, names))
  const findings: Problem[] = []
  const known = new Map<string, Node>()
  for (const node of read) {
    if (node.urn === '') return fail(problem('ciso.node', '', 'A requirement has no urn, so nothing can refer to it. Nothing was taken.', 'error'))
    if (known.has(node.urn)) return fail(problem('ciso.node', node.code, `Two requirements have the urn ${node.urn}. Nothing was taken.`, 'error'))
    known.set(node.urn, node)
  }
  const stranger = read.find(node => node.parentUrn !== null && !known.has(node.parentUrn))
  if (stranger)
    return fail(
      problem(
        'ciso.parent',
        stranger.code,
        `${stranger.code} stands under ${stranger.parentUrn}, which the file does not have. Nothing was taken.`,
        'error',
      ),
    )
  const deep = read.find(node => depthOf(node, known) > DEEPEST)
  if (deep)
    return fail(
      problem(
        'ciso.depth',
        deep.code,
        `${deep.code || deep.urn} stands more than ${DEEPEST} levels deep, which no framework does. Nothing was taken.`,
        'error',
      ),
    )
  const wrongDepth = read.filter(node => node.depth !== undefined && node.depth !== depthOf(node, known))
  if (wrongDepth[0])
    findings.push(
      problem(
        'ciso.depth',
        wrongDepth[0].code,
        `${wrongDepth.length} requirements say another depth than they stand at, ${wrongDepth[0].code} first. Where they stand counts.`,
      ),
    )

  const statements = read.filter(node => node.isAssessable)
  const isCaf = statements.length > 0 && statements.every(node => CAF_STATEMENT.test(node.code))
  const parts = isCaf ? cafParts(read, known) : requirementParts(read, known)
  if (listAt(framework, 'scores_definition').length > 0)
    findings.push(problem('ciso.scores', '', 'The file also defines a scale of scores. Requirements are met or not met here, so it is not used.'))
  if (read.some(node => node.questions.length > 0))
    findings.push(
      problem('ciso.questions', '', 'The file asks questions with answers to choose from. Each is asked as a statement that is true or not.'),
    )
  const key = keyOf(framework)
  return succeed({
    ...key,
    name: lineAt(framework, 'name') ?? library.name,
    description: textAt(framework, 'description') ?? '',
    publisher: library.publisher,
    source: library.source,
    licence: library.licence,
    subject: 'organisation',
    levels: isCaf ? CAF_LEVELS : REQUIREMENT_LEVELS,
    rule: isCaf ? CAF_RULE : REQUIREMENT_RULE,
    ...parts,
    profiles: [],
    findings,
  })
}

function readNode(node: unknown, names: ReadonlyMap<string, string>): Node {
  const urn = (lineAt(node, 'urn') ?? '').toLowerCase()
  const parent = lineAt(node, 'parent_urn')?.toLowerCase()
  const asked = recordAt(node, 'questions')
  const pointed = [...linesAt(node, 'reference_controls'), ...linesAt(node, 'threats')].flatMap(one => names.get(one.toLowerCase()) ?? [])
  const notes = [textAt(node, 'annotation'), textAt(node, 'typical_evidence'), pointed.length > 0 ? `See: ${pointed.join('; ')}.` : undefined]
  return {
    urn,
    parentUrn: parent ?? null,
    isAssessable: memberOf(node, 'assessable') === true,
    code: lineAt(node, 'ref_id') ?? nodeOfUrn(urn),
    depth: numberAt(node, 'depth'),
    name: lineAt(node, 'name') ?? '',
    text: textAt(node, 'description') ?? '',
    notes: notes.filter(Boolean).join('\n\n'),
    questions: Object.values(asked ?? {}).flatMap(question => (isRecord(question) ? (textAt(question, 'text') ?? []) : [])),
    groups: linesAt(node, 'implementation_groups'),
  }
}

type Parts = { readonly nodes: readonly FrameworkNode[]; readonly indicators: readonly FrameworkIndicator[] }

function requirementParts(read: readonly Node[], known: ReadonlyMap<string, Node>): Parts {
  const nodes = read.map((node): FrameworkNode => ({
    code: node.code,
    kind: node.isAssessable ? 'outcome' : 'group',
    parentCode: groupAbove(node, known),
    ...words(node),
  }))
  const indicators = read
    .filter(node => node.isAssessable)
    .flatMap(node => {
      const texts = node.questions.length > 0 ? node.questions : [node.text || node.name]
      return texts.map((text, index) => ({
        code: texts.length > 1 ? `${node.code}.q${index + 1}` : node.code,
        outcomeCode: node.code,
        level: 'met',
        text,
        reference: '',
      }))
    })
  return { nodes, indicators }
}

/** The statements of the Cyber Assessment Framework belong to the outcome that they stand under. A file of these may lack whole lists. */
function cafParts(read: readonly Node[], known: ReadonlyMap<string, Node>): Parts {
  const outcomes = new Set(read.filter(node => node.isAssessable).map(node => node.parentUrn))
  const nodes = read
    .filter(node => !node.isAssessable)
    .map((node): FrameworkNode => ({
      code: node.code,
      kind: outcomes.has(node.urn) ? 'outcome' : 'group',
      parentCode: groupAbove(node, known),
      ...words(node),
    }))
  const indicators = read
    .filter(node => node.isAssessable)
    .map(node => {
      const [, outcome = '', named, number = ''] = CAF_STATEMENT.exec(node.code) ?? []
      const list = named?.toUpperCase() ?? node.groups.map(group => group.toUpperCase()).find(group => group in CAF_LISTS) ?? 'A'
      const above = node.parentUrn === null ? undefined : known.get(node.parentUrn)
      return {
        code: node.code,
        outcomeCode: above?.code ?? outcome,
        level: CAF_LISTS[list] ?? 'achieved',
        text: node.text || node.name,
        reference: `${outcome}.${list}.${number}`,
      }
    })
  return { nodes, indicators }
}

/** What is assessed never holds another here: a requirement under a requirement stands beside it, in the group of both. */
function groupAbove(node: Node, known: ReadonlyMap<string, Node>): string | null {
  const seen = new Set<string>()
  let above = node.parentUrn
  while (above !== null && !seen.has(above)) {
    seen.add(above)
    const parent = known.get(above)
    if (parent === undefined) return null
    if (!parent.isAssessable) return parent.code
    above = parent.parentUrn
  }
  return node.parentUrn === null ? null : (known.get(node.parentUrn)?.code ?? null)
}

function depthOf(node: Node, known: ReadonlyMap<string, Node>): number {
  const seen = new Set<string>([node.urn])
  let above = node.parentUrn
  while (above !== null && !seen.has(above) && seen.size <= DEEPEST) {
    seen.add(above)
    above = known.get(above)?.parentUrn ?? null
  }
  return seen.size
}

function words(node: Node): { readonly title: string; readonly description: string } {
  const text = node.name === '' ? '' : node.text
  return { title: node.name || shorten(node.text.split('\n')[0] ?? '', 160), description: [text, node.notes].filter(Boolean).join('\n\n') }
}

/** Code and version: from the URN, else the version from the reference or the name (`… v3.1`). */
function keyOf(framework: unknown): { readonly code: string; readonly version: string } {
  const key = keyOfUrn(lineAt(framework, 'urn') ?? lineAt(framework, 'ref_id') ?? '')
  if (key.version !== '') return key
  const told = [lineAt(framework, 'ref_id'), lineAt(framework, 'name')].map(text => / v?(\d+(?:\.\d+)*)$/i.exec(text ?? '')?.[1])
  return { code: key.code, version: told.find(version => version !== undefined) ?? '' }
}

function problem(rule: string, pointer: string, message: string, severity: 'error' | 'warning' = 'warning'): Problem {
  return { rule, pointer, severity, message }
}
