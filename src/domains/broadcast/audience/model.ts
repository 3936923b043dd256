import { z } from 'zod'
import type { Problem } from '../../../kernel/problem.ts'
import { cleanLine } from '../../../kernel/text.ts'
import { FlatRule, isFlat, unfold } from './flat.ts'
import { DEEPEST, isTooDeep, RuleTree } from './rule.ts'

// What other slices may use of a rule. What a rule means stands in `rule.ts`.
export { conditionsOf, EMPTY_RULE, isEmptyRule } from './rule.ts'
export { ruleSentence, type RuleNames } from './sentence.ts'

/** Reads a rule: of the shape in `rule.ts`, or of the flat one that was stored first (`flat.ts`). Throws `ZodError` for anything else. */
export const AudienceRule = z.preprocess((value, context) => {
  if (isTooDeep(value)) {
    context.addIssue({ code: 'custom', message: `Use at most ${DEEPEST} groups within one another`, path: ['match'] })
    return z.NEVER
  }
  if (!isFlat(value)) return value
  const flat = FlatRule.safeParse(value)
  if (flat.success) return unfold(flat.data)
  for (const { path, message } of flat.error.issues) context.addIssue({ code: 'custom', message, path: [...path] })
  return z.NEVER
}, RuleTree)
export type AudienceRule = z.infer<typeof RuleTree>

/** What is wrong with a rule that was read from outside: each problem with a pointer into it, as in `match/of/0/product`. */
export function ruleFaults(error: z.ZodError): readonly Problem[] {
  return error.issues.map(({ path, message }) => ({
    rule: 'broadcast.audience.rule',
    pointer: path.map(String).join('/'),
    severity: 'error',
    message,
  }))
}

type TypedTechnology = FlatRule['technology'][number]

/** Reads what a person types for technology: "EMIS", "Microsoft: Windows", "Microsoft: Windows: 10". Whether the names can be used, the rule says that holds them. */
export function parseTechnology(text: string): TypedTechnology | undefined {
  const parts = text.split(':').map(cleanLine)
  const [first = '', second, third] = parts
  const isRange = third === 'vers'
  if (parts.length > (isRange ? 4 : 3) || (second ?? first) === '') return undefined
  if (second === undefined) return { maker: null, product: first, version: null }
  const version = isRange ? `vers:${parts[3] ?? ''}` : third
  return { maker: first === '' ? null : first, product: second, version: version === undefined || version === '' ? null : version }
}

/** The same, turned back into what a person types. */
export function technologyText({ maker, product, version }: TypedTechnology): string {
  if (maker === null && version === null) return product
  return [maker ?? '', product, ...(version === null ? [] : [version])].join(': ')
}

/** Takes a list apart as people type it: separated by commas, semicolons, blanks or new lines. */
export function splitCodes(text: string): readonly string[] {
  return text.split(/[\s,;]+/).filter(code => code !== '')
}

/** Why an organisation that the rule would reach is left out. */
export type Exclusion = 'type' | 'region' | 'board' | 'named' | 'condition' | 'closed' | 'clearance' | 'not-named' | 'not-in-group'

export const EXCLUSION_WORDS: Readonly<Record<Exclusion, string>> = {
  type: 'Its type is excluded',
  region: 'Its region is excluded',
  board: 'Its board is excluded',
  named: 'It is excluded by name',
  condition: 'It fits a condition that excludes it',
  closed: 'It is closed',
  clearance: 'It may not be told what this label covers',
  'not-named': 'What is RED goes only to organisations named by code',
  'not-in-group': 'It is not in the sharing group',
}

/** Why nobody can be mailed there. */
export type Unreachable = 'no-contact' | 'no-email' | 'not-receiving'

export const UNREACHABLE_WORDS: Readonly<Record<Unreachable, string>> = {
  'no-contact': 'It has no contact',
  'no-email': 'None of its contacts has an e-mail address',
  'not-receiving': 'None of its contacts with an e-mail address receives bulletins',
}

/** Why it is in doubt whether a message gets there. */
export type Doubt = 'failed' | 'unproved'

export const DOUBT_WORDS: Readonly<Record<Doubt, string>> = {
  failed: 'The last message to each of its contacts failed',
  unproved: 'Nothing has been known to reach any of its contacts for too long',
}
