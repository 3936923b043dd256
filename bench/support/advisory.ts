import { createRandom } from '../../src/app/sample/random.ts'

const VULNERABILITIES = 20
const VECTORS = [
  { vectorString: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', baseScore: 9.8, baseSeverity: 'CRITICAL' },
  { vectorString: 'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H', baseScore: 8.8, baseSeverity: 'HIGH' },
  { vectorString: 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:N/A:N', baseScore: 5.5, baseSeverity: 'MEDIUM' },
]

/** An invented advisory in CSAF 2.0, valid against its schema and mandatory tests, of that many products under ten names. The same for each number. */
export function inventedAdvisory(number: number, products: number): unknown {
  const random = createRandom(number)
  const ids = Array.from({ length: products }, (_, index) => `CSAFPID-${index + 1}`)
  const at = '2025-01-15T10:00:00Z'
  return {
    document: {
      category: 'csaf_security_advisory',
      csaf_version: '2.0',
      distribution: { text: 'For everybody', tlp: { label: 'WHITE', url: 'https://www.first.org/tlp/' } },
      lang: 'en',
      notes: [{ category: 'summary', title: 'Summary', text: 'An attacker from the network could stop the devices, or change what they do.' }],
      publisher: { category: 'vendor', name: 'Invented Devices', namespace: 'https://invented.example' },
      references: [{ category: 'self', summary: 'This advisory', url: `https://invented.example/csaf/inv-${number}.json` }],
      title: `Flaws in ${products} invented devices`,
      tracking: {
        current_release_date: at,
        initial_release_date: at,
        generator: { date: at, engine: { name: 'carecert-bench', version: '1.0.0' } },
        id: `INV-${number}`,
        revision_history: [{ date: at, number: '1', summary: 'First version' }],
        status: 'final',
        version: '1',
      },
    },
    product_tree: {
      branches: [{ category: 'vendor', name: 'Invented Devices', branches: namesOf(ids) }],
    },
    vulnerabilities: Array.from({ length: VULNERABILITIES }, (_, index) => {
      const affected = ids.filter(() => random.chance(0.8))
      const { vectorString, baseScore, baseSeverity } = random.pick(VECTORS)
      return {
        cve: `CVE-1900-${10_000 + number * 100 + index}`,
        cwe: { id: 'CWE-787', name: 'Out-of-bounds Write' },
        notes: [
          { category: 'summary', title: 'What it is', text: 'The firmware writes past the end of a buffer when a message is longer than it says.' },
        ],
        product_status: { known_affected: affected },
        remediations: [
          { category: 'vendor_fix', details: 'Update to the version of the maker.', product_ids: affected, url: 'https://invented.example/updates' },
        ],
        scores: [{ cvss_v3: { version: '3.1', vectorString, baseScore, baseSeverity }, products: affected }],
      }
    }),
  }
}

function namesOf(ids: readonly string[]): readonly unknown[] {
  const perName = Math.ceil(ids.length / 10)
  return Array.from({ length: 10 }, (_, name) => ({
    category: 'product_name',
    name: `Pump ${name + 1}`,
    branches: ids.slice(name * perName, (name + 1) * perName).map((id, version) => ({
      category: 'product_version',
      name: `${name + 1}.${version}`,
      product: { name: `Invented Devices Pump ${name + 1}.${version}`, product_id: id },
    })),
  }))
}
