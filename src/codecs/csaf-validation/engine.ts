import type { Instant } from '../../kernel/instant.ts'
import { parseJson } from '../../kernel/json.ts'
import { libraryTests, type LibraryResult, type LibraryTest } from './library.ts'
import {
  compareRules,
  levelOf,
  LEVELS,
  MOST_FINDINGS,
  SCHEMA_RULE,
  severityOf,
  type CsafVersion,
  type Fault,
  type Finding,
  type Level,
  type Rule,
  type Verdict,
} from './model.ts'
import { NOT_CHECKED } from './not-checked.ts'
import { OWN_RULES } from './rules/own.ts'
import { schemaTest } from './schema.ts'
import { csafVersionOf } from './version.ts'

interface LoadedRule {
  readonly rule: string
  run(document: unknown, now?: Instant): Promise<readonly Fault[]> | readonly Fault[]
}

const loaded = new Map<CsafVersion, Promise<readonly LoadedRule[]>>()

/** The rules of a version that are tried here, in the order of their numbers. */
export function rulesOf(version: CsafVersion): Promise<readonly LoadedRule[]> {
  const known = loaded.get(version) ?? load(version)
  loaded.set(version, known)
  return known
}

async function load(version: CsafVersion): Promise<readonly LoadedRule[]> {
  const [library, schema] = await Promise.all([libraryTests(version), schemaTest(version)])
  const own = OWN_RULES[version]
  const numbers = new Set([...library.keys(), ...own.keys()].filter(number => !NOT_CHECKED[version].has(number)))
  // What 6.1.8 asks in CSAF 2.0, that a score fits its schema, the strict schema asks.
  if (version === '2.0') numbers.delete('6.1.8')
  const rules = [...numbers].toSorted(compareRules).map((rule): LoadedRule => {
    const test = own.get(rule)
    const theirs = library.get(rule)
    return {
      rule,
      run: test === undefined ? document => runTheirs(theirs, document, version) : (document, now) => runOurs(test, theirs, document, version, now),
    }
  })
  return [{ rule: SCHEMA_RULE, run: schema }, ...rules]
}

function runOurs(
  test: Rule,
  theirs: LibraryTest | undefined,
  document: unknown,
  version: CsafVersion,
  now: Instant | undefined,
): Promise<readonly Fault[]> | readonly Fault[] {
  const found = test(document, async () => runTheirs(theirs, document, version), now)
  return found instanceof Promise ? found.then(faults => [...faults]) : [...found]
}

function runTheirs(test: LibraryTest | undefined, document: unknown, version: CsafVersion): Promise<readonly Fault[]> | readonly Fault[] {
  if (test === undefined) return []
  const answer = test(document)
  return answer instanceof Promise ? answer.then(result => faultsOf(result, version)) : faultsOf(answer, version)
}

function faultsOf({ isValid = true, errors = [], warnings = [], infos = [] }: LibraryResult, version: CsafVersion): readonly Fault[] {
  const all = [...errors, ...warnings, ...infos]
  if (all.length === 0) return isValid ? [] : [{ pointer: '', message: '' }]
  return all.map(({ instancePath, message = '' }) => ({ pointer: version === '2.1' ? inMetrics(instancePath) : instancePath, message }))
}

/** The library reads the metrics of CSAF 2.1 as the scores that 2.0 had, and names them so. */
function inMetrics(pointer: string): string {
  return pointer.replace(/^(\/vulnerabilities\/\d+)\/scores\/(\d+)\//, '$1/metrics/$2/content/')
}

/**
 * The verdict on a text that should be a CSAF document: the rules of the version that it says it is of, as far as `level` asks. A text that cannot be read, or is
 * of no version, is not valid, and the one finding says so. Throws nothing, whatever the text holds. `now` is for rules that ask whether a date
 * has passed. `onLoaded` hears when the rules are there and the judging begins.
 */
export async function validateCsaf(text: string, level: Level = 'informative', now?: Instant, onLoaded: () => void = () => {}): Promise<Verdict> {
  const read = parseJson(text)
  if (!read.ok) return unreadable(read.problems.map(({ rule, message }): Finding => ({ rule, pointer: '', severity: 'error', message })))
  const version = csafVersionOf(read.value)
  if (version === undefined) {
    const message = 'It does not say which version of CSAF it follows. A CSAF document names 2.0 or 2.1 at /document/csaf_version.'
    return unreadable([{ rule: 'csaf.version', pointer: '/document/csaf_version', severity: 'error', message }])
  }
  const rules = await rulesOf(version)
  onLoaded()
  const asked = new Set<string>(LEVELS.slice(0, LEVELS.indexOf(level) + 1))
  const findings: Finding[] = []
  const notChecked: { rule: string; why: string }[] = []
  for (const { rule, run } of rules) {
    if (!asked.has(levelOf(rule))) continue
    try {
      const running = run(read.value, now)
      for (const { pointer, message, isUntried } of running instanceof Promise ? await running : running)
        if (isUntried === true) notChecked.push({ rule, why: `${message} (${pointer})` })
        else findings.push({ rule, pointer, severity: severityOf(rule), message })
    } catch {
      // Only what breaks the schema brings a test to fall, and that is said already.
      notChecked.push({ rule, why: 'The document is not of the shape that this rule looks at' })
    }
  }
  for (const [rule, why] of NOT_CHECKED[version]) if (asked.has(levelOf(rule))) notChecked.push({ rule, why })
  return {
    version,
    isValid: !findings.some(({ severity }) => severity === 'error'),
    findings: findings.slice(0, MOST_FINDINGS),
    more: Math.max(findings.length - MOST_FINDINGS, 0),
    notChecked: notChecked.slice(0, MOST_FINDINGS).toSorted((a, b) => compareRules(a.rule, b.rule)),
  }
}

function unreadable(findings: readonly Finding[]): Verdict {
  return { version: null, isValid: false, findings, more: 0, notChecked: [] }
}
