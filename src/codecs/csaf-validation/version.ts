import { memberOf, recordAt, textAt } from '../../kernel/json.ts'
import type { CsafVersion } from './model.ts'

/** The version that a document says it is of, by `/document/csaf_version`, and where that is missing by `$schema`. `undefined` where it is no CSAF document. */
export function csafVersionOf(document: unknown): CsafVersion | undefined {
  const said = textAt(recordAt(document, 'document'), 'csaf_version')
  if (said === '2.0' || said === '2.1') return said
  if (said !== undefined || recordAt(document, 'document') === undefined) return undefined
  const schema = memberOf(document, '$schema')
  const found = typeof schema === 'string' ? /\/csaf\/csaf\/v(2\.[01])\//.exec(schema)?.[1] : undefined
  return found === '2.0' || found === '2.1' ? found : undefined
}
