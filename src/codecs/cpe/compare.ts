import { CPE_ATTRIBUTES, type CpeName, type CpeText, type CpeValue } from './name.ts'

/**
 * How CPE names relate (NISTIR 7696, CPE name matching 2.3). Said of the source: a `superset` names all that the target names and more.
 * `undefined` where the rules say nothing: the target's value holds a wildcard, or some attributes are wider and others narrower.
 */
export type CpeRelation = 'equal' | 'subset' | 'superset' | 'disjoint' | 'undefined'

/** The relation of one attribute's values: NISTIR 7696 table 6-2, but that two equal patterns are equal. */
export function compareCpeValues(source: CpeValue, target: CpeValue): CpeRelation {
  if (hasWildcards(target)) return isSame(source, target) ? 'equal' : 'undefined'
  if (source === target) return 'equal'
  if (source === 'ANY') return 'superset'
  if (target === 'ANY') return 'subset'
  if (source === 'NA' || target === 'NA') return 'disjoint'
  if (hasWildcards(source)) return covers(source, target.text) ? 'superset' : 'disjoint'
  return source.text === target.text ? 'equal' : 'disjoint'
}

/** The relation of two names: NISTIR 7696 table 6-4. One disjoint attribute makes the names disjoint. */
export function compareCpeNames(source: CpeName, target: CpeName): CpeRelation {
  const relations = new Set(CPE_ATTRIBUTES.map(attribute => compareCpeValues(source[attribute], target[attribute])))
  if (relations.has('disjoint')) return 'disjoint'
  if (relations.has('undefined')) return 'undefined'
  if (relations.has('subset')) return relations.has('superset') ? 'undefined' : 'subset'
  return relations.has('superset') ? 'superset' : 'equal'
}

/** As `compareCpeNames`, but of the products only: versions and updates are left out, to be compared as ranges. */
export function compareCpeProducts(source: CpeName, target: CpeName): CpeRelation {
  return compareCpeNames({ ...source, version: 'ANY', update: 'ANY' }, { ...target, version: 'ANY', update: 'ANY' })
}

function hasWildcards(value: CpeValue): boolean {
  return typeof value === 'object' && value.before + value.after !== ''
}

function isSame(source: CpeValue, target: CpeValue): boolean {
  if (typeof source === 'string' || typeof target === 'string') return source === target
  return source.before === target.before && source.text === target.text && source.after === target.after
}

/** Whether the pattern's text stands in the target with no more around it than its wildcards allow (NISTIR 7696 §6.3). */
function covers({ before, text, after }: CpeText, target: string): boolean {
  for (let at = target.indexOf(text); at !== -1; at = target.indexOf(text, at + 1)) {
    const isRoomBefore = before === '*' || at <= before.length
    const isRoomAfter = after === '*' || target.length - at - text.length <= after.length
    if (isRoomBefore && isRoomAfter) return true
  }
  return false
}
