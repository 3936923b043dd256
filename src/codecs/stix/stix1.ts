import { isRecord, lineAt, memberOf } from '../../kernel/json.ts'
import { fail, type Result } from '../../kernel/problem.ts'

/**
 * STIX 1.x (2012 to 2016), in XML or in the JSON that its Python library wrote, and the TAXII 1.x messages that carried it. It shares a name and no
 * structure with STIX 2, and is refused.
 */

/** Whether text in XML is STIX 1.x or a message of TAXII 1.x. */
export function recognisesStix1Xml(text: string): boolean {
  const start = text.slice(0, 20_000)
  return (
    /<(?:[\w-]+:)?STIX_Package[\s>]/.test(start) ||
    /(?:stix\.mitre\.org|cybox\.mitre\.org|taxii\.mitre\.org|docs\.oasis-open\.org\/cti\/ns\/(?:stix|taxii))/i.test(start)
  )
}

/** Whether parsed JSON is STIX 1.x. */
export function recognisesStix1Json(json: unknown): boolean {
  if (!isRecord(json)) return false
  const isPackage = /(?:^|:)(?:STIX)?package-/i.test(lineAt(json, 'id') ?? '') || memberOf(json, 'stix_header') !== undefined
  return isPackage && memberOf(json, 'type') !== 'bundle'
}

/** The refusal, with what to do: `stix.version-1`. */
export function refuseStix1(): Result<never> {
  const message =
    'This is STIX 1, or a TAXII 1 message, which nothing here reads. Ask its publisher for STIX 2.1 (most give both), or convert it, for example with the stix-elevator of OASIS.'
  return fail({ rule: 'stix.version-1', pointer: '', severity: 'error', message })
}
