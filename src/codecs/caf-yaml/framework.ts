import {
  CAF_LEVELS,
  CAF_RULE,
  type FrameworkDocument,
  type FrameworkFile,
  type FrameworkIndicator,
  type FrameworkNode,
  type FrameworkProfile,
} from '../../kernel/framework.ts'
import { isRecord, lineAt, memberOf, recordAt, textAt, type JsonRecord } from '../../kernel/json.ts'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import { cleanLine } from '../../kernel/text.ts'
import { ruleFault } from './rule.ts'

/** Whether this is the Cyber Assessment Framework as the government's own service writes it down: objectives, principles, outcomes with lists of indicators. */
export function isCafYaml(data: unknown): boolean {
  return (
    recordAt(data, 'objectives') !== undefined && Object.values(recordAt(data, 'objectives') ?? {}).every(one => isRecord(one) && 'principles' in one)
  )
}

/**
 * Reads it, with all three lists of indicators and the least level that each government profile asks for (`min_profile_requirement`). The file does not
 * say its version; it is known by the codes that changed their meaning between 3.2 and 4.0, and left empty where those are not there.
 */
export function readCafYaml(data: unknown): Result<FrameworkFile> {
  const nodes: FrameworkNode[] = []
  const indicators: FrameworkIndicator[] = []
  const findings: Problem[] = []
  const asked = new Map<string, Asked[]>()
  let sample: JsonRecord | undefined

  const add = (kind: 'group' | 'outcome', key: string, value: unknown, parentCode: string | null): string => {
    const code = lineAt(value, 'code') ?? cleanLine(key)
    if (code !== key) findings.push(odd('caf.key', key, `What is filed under ${key} calls itself ${code}. It is taken as ${code}.`))
    nodes.push({ code, kind, parentCode, title: lineAt(value, 'title') ?? '', description: textAt(value, 'description') ?? '' })
    return code
  }
  for (const [key, objective] of entriesAt(data, 'objectives')) {
    const objectiveCode = add('group', key, objective, null)
    for (const [principleKey, principle] of entriesAt(objective, 'principles')) {
      const principleCode = add('group', principleKey, principle, objectiveCode)
      for (const [outcomeKey, outcome] of entriesAt(principle, 'outcomes')) {
        const outcomeCode = add('outcome', outcomeKey, outcome, principleCode)
        sample ??= recordAt(outcome, 'assessment-rules')
        for (const [list, held] of entriesAt(outcome, 'indicators')) {
          for (const [code, indicator] of Object.entries(isRecord(held) ? held : {}))
            indicators.push({
              code: cleanLine(code),
              outcomeCode,
              level: list,
              text: textAt(indicator, 'description') ?? '',
              reference: lineAt(indicator, 'ncsc-index') ?? '',
            })
        }
        for (const [profile, label] of entriesAt(outcome, 'min_profile_requirement')) {
          const level = levelOf(label)
          if (level === undefined)
            findings.push(
              odd('caf.profile', outcomeCode, `The profile ${profile} asks for ${JSON.stringify(label)} of ${outcomeCode}, which is no level.`),
            )
          else ask(asked, profile, { outcomeCode, level })
        }
      }
    }
  }
  const rule = recordAt(data, 'assessment-rules') ?? sample
  const fault = ruleFault(rule)
  if (fault?.severity === 'error') return fail(fault)
  if (fault) findings.push(fault)
  const version = versionOf(nodes)
  const document: FrameworkDocument = {
    code: 'caf',
    version,
    name: version === '' ? 'Cyber Assessment Framework' : `Cyber Assessment Framework ${version}`,
    description: '',
    publisher: 'National Cyber Security Centre',
    source: 'A file in the form of WebCAF, the government service for cyber assessments',
    licence: 'Open Government Licence v3 (as its publisher states)',
    subject: 'organisation',
    levels: CAF_LEVELS,
    rule: CAF_RULE,
    nodes,
    indicators,
    profiles: [...asked].map(([code, levels]) => governmentProfile(code, levels, 'min_profile_requirement of the WebCAF file')),
    findings,
  }
  return succeed({ kind: 'Cyber Assessment Framework (WebCAF)', frameworks: [document], crosswalks: [], profiles: [], others: [] })
}

/** Whether this is the table of what the government's profiles ask: a list of outcomes, each with the statuses that BASELINE and ENHANCED accept. */
export function isProfileLookup(data: unknown): boolean {
  return (
    Array.isArray(data) && data.length > 0 && data.every(row => isRecord(row) && typeof row['key'] === 'string' && Array.isArray(row['BASELINE']))
  )
}

const LOOKUP_LEVELS: Readonly<Record<string, string>> = { ACH: 'achieved', PAC: 'partially-achieved', NOT: 'not-achieved', NAC: 'not-achieved' }

/** Reads that table: of the statuses that are accepted, the worst is what is asked. */
export function readProfileLookup(data: unknown): Result<FrameworkFile> {
  const asked = new Map<string, Asked[]>()
  const ranks = CAF_LEVELS.map(level => level.code)
  for (const row of Array.isArray(data) ? data : []) {
    const outcomeCode = lineAt(row, 'key') ?? ''
    for (const [name, accepted] of Object.entries(isRecord(row) ? row : {})) {
      if (!Array.isArray(accepted)) continue
      const levels = accepted.map(word => (Object.hasOwn(LOOKUP_LEVELS, String(word)) ? LOOKUP_LEVELS[String(word)] : undefined))
      if (levels.includes(undefined))
        return fail(
          odd(
            'caf.profile',
            outcomeCode,
            `The profile ${name} accepts ${accepted.join(', ')} for ${outcomeCode}, of which at least one is no level.`,
            'error',
          ),
        )
      // Nothing is accepted: nothing is asked.
      const worst = ranks.findLast(rank => levels.includes(rank)) ?? 'not-achieved'
      const code = name.toLowerCase()
      ask(asked, code, { outcomeCode, level: worst })
    }
  }
  const profiles = [...asked].map(([code, levels]) => governmentProfile(code, levels, 'The profile table of WebCAF'))
  return succeed({ kind: 'profiles of the Cyber Assessment Framework', frameworks: [], crosswalks: [], profiles, others: [] })
}

/** Whether this is the filled-in review of an organisation, as WebCAF keeps it. */
export function isCafAnswers(data: unknown): boolean {
  return (
    isRecord(data) && Object.values(data).length > 0 && Object.values(data).every(one => recordAt(one, 'indicators') && recordAt(one, 'confirmation'))
  )
}

type Asked = FrameworkProfile['levels'][number]

function ask(asked: Map<string, Asked[]>, profile: string, level: Asked): void {
  const list = asked.get(profile)
  if (list === undefined) asked.set(profile, [level])
  else list.push(level)
}

function governmentProfile(code: string, levels: FrameworkProfile['levels'], source: string): FrameworkProfile {
  const word = code.charAt(0).toUpperCase() + code.slice(1)
  return { code, name: `Government profile: ${word}`, organisationType: null, period: null, source, levels }
}

/** Of the codes that stand in both versions, A2.b changed its meaning. Its title says which this is; A2.c is in 4.0 alone. */
function versionOf(nodes: readonly FrameworkNode[]): string {
  const title = nodes.find(node => node.code === 'A2.b')?.title.toLowerCase()
  const hasLater = nodes.some(node => node.code === 'A2.c')
  if (title === 'assurance' && !hasLater) return '3.2'
  return title === 'understanding threat' || hasLater ? '4.0' : ''
}

function levelOf(label: unknown): string | undefined {
  return CAF_LEVELS.find(level => level.label === label || level.code === label)?.code
}

function entriesAt(value: unknown, name: string): readonly (readonly [string, unknown])[] {
  const member = memberOf(value, name)
  return isRecord(member) ? Object.entries(member) : []
}

function odd(rule: string, pointer: string, message: string, severity: 'error' | 'warning' = 'warning'): Problem {
  return { rule, pointer, severity, message }
}
