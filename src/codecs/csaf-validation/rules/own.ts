import type { CsafVersion, Rule } from '../model.ts'
import { CWE_RULES } from './cwe.ts'
import { DOCUMENT_RULES, privateLanguages, revisions } from './document.ts'
import { METRIC_RULES } from './metrics.ts'
import { SSVC_RULES } from './ssvc.ts'
import { TREE_RULES } from './tree.ts'
import { VERSION_RULES } from './versions.ts'

/** Our own tests by their numbers: those that the library does not have, and those where it says otherwise than the standard. */
export const OWN_RULES: Readonly<Record<CsafVersion, ReadonlyMap<string, Rule>>> = {
  '2.0': new Map([
    ['6.1.21', revisions],
    ['6.2.14', privateLanguages],
  ]),
  '2.1': new Map(Object.entries({ ...DOCUMENT_RULES, ...TREE_RULES, ...METRIC_RULES, ...SSVC_RULES, ...VERSION_RULES, ...CWE_RULES })),
}
