import type { Json } from '../../kernel/json.ts'
import { lineAt, listAt, memberOf, numberAt, recordAt, textAt, type JsonRecord } from '../../kernel/json.ts'
import { parseWebAddress } from '../../kernel/web-address.ts'

/** What is kept of one entry of `vulnerabilities` (CSAF 2.0 §3.2.3). */
export interface Vulnerability {
  readonly cve: string | null
  readonly title: string | null
  readonly weaknesses: readonly string[]
  /** The highest base score that is stated for it. */
  readonly score: Score | null
  readonly description: string | null
  readonly remediations: readonly Remediation[]
  readonly references: readonly string[]
}

interface Score {
  /** CVSS version, such as `3.1`. */
  readonly version: string
  readonly tenths: number
  readonly vector: string | null
}

interface Remediation {
  /** `vendor_fix`, `mitigation`, `workaround`, `none_available`, `no_fix_planned` and the like. */
  readonly category: string
  readonly details: string
  readonly url: string | null
}

const CVE = /^CVE-\d{4}-\d{4,19}$/

/** Reads the vulnerabilities of a document, and says of what it could not use. */
export function readVulnerabilities(
  document: JsonRecord,
  complain: (rule: string, pointer: string, message: string) => void,
): readonly Vulnerability[] {
  return listAt(document, 'vulnerabilities').map((entry, index) => {
    const pointer = `/vulnerabilities/${index}`
    const cve = lineAt(entry, 'cve')?.toUpperCase()
    if (cve !== undefined && !CVE.test(cve))
      complain('csaf.cve', `${pointer}/cve`, `"${cve.slice(0, 60)}" is not a CVE identifier, and was left out.`)
    const notes = listAt(entry, 'notes')
    const noteOf = (category: string) =>
      textAt(
        notes.find(note => lineAt(note, 'category') === category),
        'text',
      )
    return {
      cve: cve !== undefined && CVE.test(cve) ? cve : null,
      title: lineAt(entry, 'title') ?? null,
      weaknesses: [recordAt(entry, 'cwe'), ...listAt(entry, 'cwes')].map(cwe => lineAt(cwe, 'id')).filter(id => id !== undefined),
      score: highest(readScores(entry, pointer, complain)),
      description: noteOf('summary') ?? noteOf('description') ?? noteOf('details') ?? null,
      remediations: distinct(
        listAt(entry, 'remediations')
          .map(readRemediation)
          .filter(remediation => remediation.details !== '' || remediation.url !== null),
      ),
      references: addressesOf(entry),
    }
  })
}

/** The web addresses in the `references` of a document or of a vulnerability. */
export function addressesOf(value: unknown): readonly string[] {
  const addresses = listAt(value, 'references').map(reference => parseWebAddress(lineAt(reference, 'url') ?? ''))
  return [...new Set(addresses.filter(address => address !== undefined))]
}

/** The vulnerabilities as `details` carry them. */
export function vulnerabilityDetails(vulnerabilities: readonly Vulnerability[]): Json {
  return vulnerabilities.map(({ score, remediations, ...rest }) => ({
    ...rest,
    score: score === null ? null : { ...score },
    remediations: remediations.map(remediation => ({ ...remediation })),
  }))
}

/** CSAF 2.0 has `scores[].cvss_v2|cvss_v3` (§3.2.3.13), 2.1 has `metrics[].content.cvss_v2|v3|v4`; makers mix them. */
function readScores(entry: unknown, pointer: string, complain: (rule: string, pointer: string, message: string) => void): Score[] {
  const holders = [...listAt(entry, 'scores'), ...listAt(entry, 'metrics').map(metric => memberOf(metric, 'content'))]
  return holders.flatMap(holder =>
    ['cvss_v4', 'cvss_v3', 'cvss_v2'].flatMap(name => {
      const cvss = recordAt(holder, name)
      if (cvss === undefined) return []
      const base = numberAt(cvss, 'baseScore')
      if (base === undefined || base < 0 || base > 10) {
        complain('csaf.score', pointer, 'A CVSS base score is missing, or not between 0 and 10. It was left out.')
        return []
      }
      return [{ version: lineAt(cvss, 'version') ?? name.slice(-1), tenths: Math.round(base * 10), vector: lineAt(cvss, 'vectorString') ?? null }]
    }),
  )
}

function highest(scores: readonly Score[]): Score | null {
  return scores.reduce<Score | null>((best, score) => (best === null || score.tenths > best.tenths ? score : best), null)
}

function readRemediation(remediation: unknown): Remediation {
  return {
    category: lineAt(remediation, 'category') ?? '',
    details: textAt(remediation, 'details') ?? '',
    url: parseWebAddress(lineAt(remediation, 'url') ?? '') ?? null,
  }
}

/** Large documents repeat one remediation for each product. */
function distinct(remediations: readonly Remediation[]): readonly Remediation[] {
  return [...new Map(remediations.map(remediation => [JSON.stringify(remediation), remediation])).values()]
}
