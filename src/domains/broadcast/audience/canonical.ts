import { nameKey } from '../../../kernel/name-key.ts'
import { fold, type FlatRule } from './flat.ts'
import type { AudienceRule, Condition, Node } from './rule.ts'

/**
 * The one text of a rule that its hash is made over: order, repeats, groups of one and groups within a group of the same kind do not matter.
 * A rule that is flat has the text that flat rules always had, so that the hash of an old release can be made again.
 */
export function canonicalRule(rule: AudienceRule): string {
  const match = rule.match === null ? null : simplified(rule.match)
  const excluding = unique(rule.excluding.map(canonicalCondition))
  const flat = rule.partners ? undefined : fold({ ...rule, match })
  if (flat !== undefined) return flatText(flat)
  return JSON.stringify({
    match: match === null ? null : canonicalNode(match),
    organisations: unique(rule.organisations),
    excluding,
    partners: rule.partners,
  })
}

function flatText(rule: FlatRule): string {
  const technology = unique(
    rule.technology.map(({ maker, product, version }) => JSON.stringify([maker === null ? null : nameKey(maker), nameKey(product), version])),
  )
  return JSON.stringify({
    types: unique(rule.types),
    regions: unique(rule.regions),
    boards: unique(rule.boards),
    technology,
    organisations: unique(rule.organisations),
    countries: unique(rule.countries),
    excluding: {
      types: unique(rule.excluding.types),
      regions: unique(rule.excluding.regions),
      boards: unique(rule.excluding.boards),
      organisations: unique(rule.excluding.organisations),
    },
  })
}

/** Without groups of one, groups within a group of the same kind, and a `not` within a `not`. */
function simplified(node: Node): Node {
  if (node.is === 'not') {
    const inner = simplified(node.of)
    return inner.is === 'not' ? inner.of : { is: 'not', of: inner }
  }
  if (node.is !== 'all' && node.is !== 'any') return node
  const parts = node.of.map(simplified).flatMap(part => (part.is === node.is ? part.of : [part]))
  const [only] = parts
  return parts.length === 1 && only !== undefined ? only : { is: node.is, of: parts }
}

function canonicalNode(node: Node): string {
  switch (node.is) {
    case 'all':
    case 'any':
      return JSON.stringify([node.is, unique(node.of.map(canonicalNode))])
    case 'not':
      return JSON.stringify(['not', canonicalNode(node.of)])
    default:
      return canonicalCondition(node)
  }
}

function canonicalCondition(condition: Condition): string {
  switch (condition.is) {
    case 'size':
      return JSON.stringify(['size', condition.atLeast, condition.atMost])
    case 'technology': {
      const { maker, product, version, unsaid } = condition
      return JSON.stringify(['technology', maker === null ? null : nameKey(maker), nameKey(product), version, unsaid])
    }
    case 'threat':
      return JSON.stringify(['threat', condition.threat, condition.includes])
    case 'role':
      return JSON.stringify(['role', condition.role, condition.filled])
    case 'answer':
      return JSON.stringify(['answer', condition.bulletin, unique(condition.of)])
    case 'saved':
      return JSON.stringify(['saved', condition.audience, condition.version])
    default:
      return JSON.stringify([condition.is, unique(condition.of)])
  }
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)].toSorted()
}
