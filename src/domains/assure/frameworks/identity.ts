import { createHash } from 'node:crypto'
import type { CrosswalkDocument, FrameworkDocument, FrameworkProfile } from '../../../kernel/framework.ts'

/** What a person said of a file that does not say it itself. */
export interface Override {
  readonly code?: string | undefined
  readonly version?: string | undefined
}

/** The framework under the code and version that were asked for. */
export function named(framework: FrameworkDocument, { code, version }: Override): FrameworkDocument {
  return { ...framework, code: code ?? framework.code, version: version ?? framework.version }
}

/** SHA-256 of all that an answer is given to: the rule, the levels, the tree and the words. What was found odd and what profiles ask is not in it. */
export function contentHash({ name, description, subject, levels, rule, nodes, indicators }: FrameworkDocument): string {
  return createHash('sha256').update(JSON.stringify({ name, description, subject, levels, rule, nodes, indicators })).digest('hex')
}

/** The outcomes of which two profiles ask different things. */
export function profileDifferences(before: ReadonlyMap<string, string>, after: FrameworkProfile['levels']): readonly string[] {
  const wanted = new Map(after.map(one => [one.outcomeCode, one.level]))
  return [...new Set([...before.keys(), ...wanted.keys()])].filter(code => before.get(code) !== wanted.get(code)).toSorted()
}

/**
 * The pairs under the codes that the frameworks really use. Mappings are often written with names made from codes (`a1.a`, `gv-oc-01`): they are matched
 * without capitals and signs. What is not found stays as it is written, and is told.
 */
export function resolvedPairs(
  pairs: CrosswalkDocument['pairs'],
  fromCodes: readonly string[],
  toCodes: readonly string[],
): { readonly pairs: CrosswalkDocument['pairs']; readonly strangers: readonly string[] } {
  const [from, to] = [keysOf(fromCodes), keysOf(toCodes)]
  const strangers = new Set<string>()
  const resolve = (code: string, codes: ReadonlyMap<string, string>): string => {
    const known = codes.get(keyOf(code))
    if (known === undefined && codes.size > 0) strangers.add(code)
    return known ?? code
  }
  const resolved = pairs.map(pair => ({ ...pair, fromCode: resolve(pair.fromCode, from), toCode: resolve(pair.toCode, to) }))
  // Two ways to write one code may have made two pairs of it.
  const once = new Map(resolved.map(pair => [`${pair.fromCode}\n${pair.toCode}`, pair]))
  return { pairs: [...once.values()], strangers: [...strangers] }
}

function keysOf(codes: readonly string[]): ReadonlyMap<string, string> {
  return new Map(codes.map(code => [keyOf(code), code]))
}

function keyOf(code: string): string {
  return code.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}
