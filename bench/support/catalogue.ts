import { createRandom } from '../../src/app/sample/random.ts'
import { PRODUCTS } from './sector.ts'

const KINDS = [
  'Remote Code Execution',
  'Authentication Bypass',
  'SQL Injection',
  'Path Traversal',
  'Privilege Escalation',
  'Use After Free',
  'Cross-Site Scripting',
]
const DAY_MILLIS = 86_400_000

/** An invented catalogue of known exploited vulnerabilities as large as CISA's, about the products of the benchmark's estates and about others. The same every time. */
export function inventedCatalogue(vulnerabilities: number, now: Date): Buffer {
  const random = createRandom(7)
  const entries = Array.from({ length: vulnerabilities }, (_, index) => {
    // Three in five are of something that somebody runs, the popular more often.
    const product = random.chance(0.6) ? Math.floor(PRODUCTS * random.next() ** 3) : PRODUCTS + index
    const kind = random.pick(KINDS)
    const added = new Date(now.getTime() - random.between(1, 1_200) * DAY_MILLIS)
    return {
      cveID: `CVE-1900-${String(index + 1).padStart(5, '0')}`,
      vendorProject: `Maker${product % 4_000}`,
      product: `Product${product}`,
      vulnerabilityName: `Maker${product % 4_000} Product${product} ${kind} Vulnerability`,
      dateAdded: added.toISOString().slice(0, 10),
      shortDescription: `Product${product} of Maker${product % 4_000} contains a flaw of the kind ${kind.toLowerCase()} that lets an attacker from the network act without leave.`,
      requiredAction: 'Apply the maker’s update, or stop using the product.',
      dueDate: new Date(added.getTime() + 21 * DAY_MILLIS).toISOString().slice(0, 10),
      knownRansomwareCampaignUse: random.chance(0.2) ? 'Known' : 'Unknown',
      notes: '',
      cwes: [],
    }
  })
  return Buffer.from(
    JSON.stringify({
      title: 'Invented catalogue',
      catalogVersion: 'bench',
      dateReleased: now.toISOString(),
      count: entries.length,
      vulnerabilities: entries,
    }),
  )
}
