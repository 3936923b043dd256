import type { FrameworkDocument, FrameworkNode } from '../../../kernel/framework.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { reachableLevels } from './scoring.ts'

/**
 * What is wrong with a framework as it is written. An error is fatal: nothing of it is stored. A warning is kept with the framework and shown, for it may
 * bend a result. Findings name codes, in the order of the framework.
 */
export function checkFramework(framework: FrameworkDocument): readonly Problem[] {
  const first = [...identity(framework), ...scoring(framework)]
  // Each level and step is looked at for each outcome.
  if (framework.levels.length > MOST_LEVELS || framework.rule.steps.length > MOST_STEPS) return first
  return [...first, ...tree(framework), ...lists(framework), ...profiles(framework), ...framework.findings]
}

/** Whether a framework may be stored. */
export function isFatal(findings: readonly Problem[]): boolean {
  return findings.some(finding => finding.severity === 'error')
}

/** The benchmark keeps a level as one digit. */
const MOST_LEVELS = 10
const MOST_STEPS = 50

const CODE = /^[A-Za-z0-9][A-Za-z0-9.:_()/-]{0,79}$/

function identity({ code, version, name, source }: FrameworkDocument): readonly Problem[] {
  const findings: Problem[] = []
  if (!/^[a-z0-9][a-z0-9.-]{0,59}$/.test(code))
    findings.push(error('framework.code', '', 'The file does not say the code of the framework. Give one, in small letters, digits and hyphens.'))
  if (!/^[A-Za-z0-9][A-Za-z0-9.+_-]{0,29}$/.test(version))
    findings.push(
      error(
        'framework.version',
        '',
        'The file does not say which version of the framework it is. Give it: codes of outcomes mean something only within a version.',
      ),
    )
  if (name === '') findings.push(error('framework.name', '', 'The framework has no name.'))
  if (source === '')
    findings.push(error('framework.source', '', 'The file does not say where its text comes from. A framework without a source is not taken.'))
  return findings
}

function scoring({ levels, rule }: FrameworkDocument): readonly Problem[] {
  const findings: Problem[] = []
  const known = new Set(levels.map(level => level.code))
  if (levels.length < 2) findings.push(error('framework.levels', '', 'A framework needs two levels at least: one that is good, one that is not.'))
  if (levels.length > MOST_LEVELS)
    findings.push(error('framework.levels', '', `The framework has ${levels.length} levels. It can have ${MOST_LEVELS} at most.`))
  if (rule.steps.length > MOST_STEPS)
    findings.push(error('framework.rule', '', `The rule has ${rule.steps.length} steps. It can have ${MOST_STEPS} at most.`))
  for (const twice of repeated(levels.map(level => level.code))) findings.push(error('framework.levels', twice, `The level ${twice} is there twice.`))
  const named = new Set([rule.otherwise, ...rule.steps.flatMap(step => [step.of, step.gives])])
  for (const level of named)
    if (!known.has(level)) findings.push(error('framework.rule', '', `The rule speaks of the level "${level}", which the framework does not have.`))
  return findings
}

function tree({ nodes }: FrameworkDocument): readonly Problem[] {
  const findings: Problem[] = []
  const byCode = new Map(nodes.map(node => [node.code, node]))
  for (const node of nodes) {
    if (!CODE.test(node.code))
      findings.push(
        error(
          'framework.code-of',
          node.code,
          `"${node.code.slice(0, 60)}" cannot be the code of a part: it needs letters, digits, dots and hyphens, without blanks.`,
        ),
      )
    if (node.title === '') findings.push(warning('framework.title', node.code, `${node.code} has no title.`))
    if (node.parentCode === null) continue
    const parent = byCode.get(node.parentCode)
    if (parent === undefined)
      findings.push(error('framework.parent', node.code, `${node.code} stands under ${node.parentCode}, which the framework does not have.`))
    else if (parent.kind === 'outcome')
      findings.push(
        error('framework.parent', node.code, `${node.code} stands under ${node.parentCode}, which is an outcome. Only a group holds others.`),
      )
  }
  for (const code of repeated(nodes.map(node => node.code)))
    findings.push(error('framework.twice', code, `The code ${code} is there twice. Answers could not be told apart.`))
  const circle = nodes.find(node => isInCircle(node, byCode))
  if (circle)
    findings.push(
      error(
        'framework.circle',
        circle.code,
        `${circle.code} stands under itself, by way of the parts above it, or more than ${DEEPEST} levels deep.`,
      ),
    )
  if (!nodes.some(node => node.kind === 'outcome'))
    findings.push(error('framework.empty', '', 'The framework has no outcome, so there is nothing to assess.'))
  const holding = new Set(nodes.map(node => node.parentCode))
  const bare = nodes.filter(node => node.kind === 'group' && !holding.has(node.code)).map(node => node.code)
  if (bare.length > 0) findings.push(warning('framework.bare', bare[0] ?? '', `Groups that hold nothing (${bare.length}): ${some(bare)}.`))
  return findings
}

/** Deeper than any framework. */
const DEEPEST = 60

function isInCircle(node: FrameworkNode, byCode: ReadonlyMap<string, FrameworkNode>): boolean {
  let above: string | null | undefined = node.parentCode
  for (let steps = 0; above !== null && above !== undefined; steps++) {
    if (above === node.code || steps >= DEEPEST) return true
    above = byCode.get(above)?.parentCode
  }
  return false
}

function lists(framework: FrameworkDocument): readonly Problem[] {
  const { nodes, indicators, levels, rule } = framework
  const findings: Problem[] = []
  const outcomes = nodes.filter(node => node.kind === 'outcome')
  const codes = new Set(outcomes.map(node => node.code))
  const known = new Set(levels.map(level => level.code))
  for (const code of repeated(indicators.map(indicator => indicator.code)))
    findings.push(error('framework.twice', code, `Two indicators have the code ${code}. Answers could not be told apart.`))
  for (const { code, outcomeCode, level, text } of indicators) {
    if (!CODE.test(code))
      findings.push(
        error(
          'framework.code-of',
          code,
          `"${code.slice(0, 60)}" cannot be the code of an indicator: it needs letters, digits, dots and hyphens, without blanks.`,
        ),
      )
    if (!codes.has(outcomeCode))
      findings.push(error('framework.indicator', code, `The indicator ${code} belongs to ${outcomeCode}, which is no outcome of the framework.`))
    if (!known.has(level))
      findings.push(error('framework.indicator', code, `The indicator ${code} speaks for the level "${level}", which the framework does not have.`))
    if (text === '') findings.push(warning('framework.text', code, `The indicator ${code} has no text, so nobody can answer it.`))
  }
  for (const group of Map.groupBy(
    indicators.filter(one => one.text !== ''),
    one => `${one.outcomeCode}\n${one.level}\n${one.text}`,
  ).values())
    if (group.length > 1) findings.push(warning('framework.text', group[0]?.code ?? '', `${some(group.map(one => one.code))} say the same words.`))

  const byOutcome = Map.groupBy(indicators, indicator => indicator.outcomeCode)
  const silent = outcomes.filter(node => !byOutcome.has(node.code)).map(node => node.code)
  if (silent.length > 0)
    findings.push(
      warning('framework.silent', silent[0] ?? '', `Outcomes without an indicator, that can never be answered (${silent.length}): ${some(silent)}.`),
    )
  const asked = new Set(rule.steps.map(step => step.of))
  const ignored = indicators.filter(indicator => known.has(indicator.level) && !asked.has(indicator.level)).map(indicator => indicator.code)
  if (ignored.length > 0)
    findings.push(warning('framework.ignored', ignored[0] ?? '', `The rule never looks at these indicators (${ignored.length}): ${some(ignored)}.`))

  const speaking = outcomes.filter(node => byOutcome.has(node.code))
  for (const level of levels) {
    if (asked.has(level.code)) {
      const lacking = speaking.filter(node => !byOutcome.get(node.code)?.some(one => one.level === level.code)).map(node => node.code)
      if (lacking.length > 0)
        findings.push(
          warning('framework.list', lacking[0] ?? '', `${without(level.label, lacking, speaking.length)}${flattering(framework, level.code)}`),
        )
    }
    const cannot = speaking.filter(node => !reachableLevels(rule, byOutcome.get(node.code) ?? [], [level]).length).map(node => node.code)
    if (level === levels[0] && cannot.length > 0)
      findings.push(
        warning(
          'framework.unreachable',
          cannot[0] ?? '',
          `Outcomes that can never come out as "${level.label}" (${cannot.length}): ${some(cannot)}.`,
        ),
      )
    else if (cannot.length > 0 && cannot.length === speaking.length)
      findings.push(warning('framework.unreachable', '', `No outcome can ever come out as "${level.label}".`))
  }
  return findings
}

/** A list that speaks against an outcome cannot be missed without the result looking better than it is. */
function flattering({ rule }: FrameworkDocument, level: string): string {
  return rule.steps.some(step => step.when === 'any' && step.of === level) ? ' A result may look better than it is.' : ''
}

function profiles(framework: FrameworkDocument): readonly Problem[] {
  return [
    ...framework.profiles.flatMap(profile => checkProfile(framework, profile)),
    ...repeated(framework.profiles.map(profile => profile.code)).map(code => error('framework.profile', code, `The profile ${code} is there twice.`)),
  ]
}

/** What is wrong with the levels that a profile asks of a framework. */
export function checkProfile(
  { nodes, levels, rule, indicators }: Pick<FrameworkDocument, 'nodes' | 'levels' | 'rule' | 'indicators'>,
  profile: FrameworkDocument['profiles'][number],
): readonly Problem[] {
  const findings: Problem[] = []
  if (profile.source === '')
    findings.push(error('framework.profile', profile.code, `The profile ${profile.name} has no source. One without a source is not taken.`))
  for (const code of repeated(profile.levels.map(one => one.outcomeCode)))
    findings.push(error('framework.profile', code, `The profile ${profile.name} asks for two levels of ${code}.`))
  const outcomes = new Set(nodes.filter(node => node.kind === 'outcome').map(node => node.code))
  const known = new Set(levels.map(level => level.code))
  const byOutcome = Map.groupBy(indicators, indicator => indicator.outcomeCode)
  const beyond: string[] = []
  for (const { outcomeCode, level } of profile.levels) {
    if (!outcomes.has(outcomeCode))
      findings.push(
        error('framework.profile', outcomeCode, `The profile ${profile.name} asks for ${outcomeCode}, which is no outcome of the framework.`),
      )
    else if (!known.has(level))
      findings.push(
        error(
          'framework.profile',
          outcomeCode,
          `The profile ${profile.name} asks for the level "${level}" of ${outcomeCode}, which the framework does not have.`,
        ),
      )
    else if (!reachableLevels(rule, byOutcome.get(outcomeCode) ?? [], [{ code: level }]).length) beyond.push(outcomeCode)
  }
  if (beyond.length > 0)
    findings.push(
      warning('framework.profile', beyond[0] ?? '', `The profile ${profile.name} asks a level that the outcome cannot come out at: ${some(beyond)}.`),
    )
  return findings
}

function repeated(codes: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  return [...new Set(codes.filter(code => seen.size === seen.add(code).size))]
}

function without(label: string, lacking: readonly string[], outcomes: number): string {
  if (lacking.length === outcomes) return `No outcome has a list of indicators for "${label}".`
  return `Outcomes without a list of indicators for "${label}" (${lacking.length}): ${some(lacking)}.`
}

function some(codes: readonly string[]): string {
  return codes.length > 12 ? `${codes.slice(0, 12).join(', ')} and ${codes.length - 12} more` : codes.join(', ')
}

function error(rule: string, pointer: string, message: string): Problem {
  return { rule, pointer, severity: 'error', message }
}

function warning(rule: string, pointer: string, message: string): Problem {
  return { rule, pointer, severity: 'warning', message }
}
