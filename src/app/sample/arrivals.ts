import { addDays, addHours, londonDate, type Instant } from '../../kernel/instant.ts'

/**
 * One invented flaw as it arrives in life: the catalogue's entry (`feed.ts`), its maker's advisory, a record of the CVE, scores, a shared event
 * with indicators, and news that names no CVE. The product makes one threat of them, and says why each belongs.
 */
export interface Arrival {
  readonly source: { readonly code: string; readonly name: string; readonly format: 'csaf' | 'cve' | 'epss' | 'misp' | 'feed' }
  readonly address: string
  readonly text: string
}

const CVE = 'CVE-1900-0002'
const ADVISORY = 'PNA-1900-002'
const ADVISORY_PAGE = `https://peregrine.example/advisories/${ADVISORY.toLowerCase()}`
const VECTOR = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'

export function sampleArrivals(now: Instant): readonly Arrival[] {
  return [
    {
      source: { code: 'invented-maker', name: 'Peregrine Networks (invented) advisories', format: 'csaf' },
      address: `${ADVISORY_PAGE}.json`,
      text: JSON.stringify(advisory(now)),
    },
    {
      source: { code: 'invented-records', name: 'Invented CVE records', format: 'cve' },
      address: `https://records.example/${CVE}.json`,
      text: JSON.stringify(record(now)),
    },
    {
      source: { code: 'invented-scores', name: 'Invented EPSS scores', format: 'epss' },
      address: 'https://scores.example/epss.csv',
      text: scores(now),
    },
    {
      source: { code: 'invented-sharing', name: 'Invented sharing group', format: 'misp' },
      address: 'https://sharing.example/event.json',
      text: JSON.stringify(event(now)),
    },
    { source: { code: 'invented-news', name: 'Invented security news', format: 'feed' }, address: 'https://news.example/feed.xml', text: news(now) },
  ]
}

function advisory(now: Instant) {
  const released = addDays(now, -2).toISOString()
  const product = { name: 'Peregrine Edge Firewall', product_id: 'P1' }
  return {
    document: {
      category: 'csaf_security_advisory',
      csaf_version: '2.0',
      distribution: { tlp: { label: 'GREEN' } },
      publisher: { category: 'vendor', name: 'Peregrine Networks (invented)', namespace: 'https://peregrine.example' },
      title: 'Peregrine Edge Firewall: commands can be run without signing in',
      tracking: {
        id: ADVISORY,
        status: 'final',
        version: '1',
        initial_release_date: released,
        current_release_date: released,
        revision_history: [{ date: released, number: '1', summary: 'First release' }],
      },
      references: [{ category: 'self', summary: 'This advisory', url: ADVISORY_PAGE }],
    },
    product_tree: {
      branches: [
        {
          category: 'vendor',
          name: 'Peregrine Networks',
          branches: [{ category: 'product_name', name: product.name, branches: [{ category: 'product_version_range', name: '<10.0.2', product }] }],
        },
      ],
    },
    vulnerabilities: [
      {
        cve: CVE,
        cwe: { id: 'CWE-78', name: 'Improper Neutralization of Special Elements used in an OS Command' },
        product_status: { known_affected: ['P1'] },
        scores: [{ products: ['P1'], cvss_v3: { version: '3.1', vectorString: VECTOR, baseScore: 9.8, baseSeverity: 'CRITICAL' } }],
        remediations: [{ category: 'vendor_fix', details: 'Update to 10.0.2.', product_ids: ['P1'], url: ADVISORY_PAGE }],
      },
    ],
  }
}

function record(now: Instant) {
  const organisation = '00000000-0000-4000-8000-000000000000'
  const published = addDays(now, -2).toISOString()
  const decision = {
    id: CVE,
    role: 'CISA Coordinator',
    version: '2.0.3',
    timestamp: published,
    options: [{ Exploitation: 'active' }, { Automatable: 'yes' }, { 'Technical Impact': 'total' }],
  }
  return {
    dataType: 'CVE_RECORD',
    dataVersion: '5.1',
    cveMetadata: { cveId: CVE, assignerOrgId: organisation, state: 'PUBLISHED', datePublished: published, dateUpdated: published },
    containers: {
      cna: {
        providerMetadata: { orgId: organisation, shortName: 'peregrine-invented' },
        title: 'Command injection in Peregrine Edge Firewall',
        descriptions: [{ lang: 'en', value: 'An attacker on the internet runs commands on the firewall.' }],
        affected: [
          {
            vendor: 'Peregrine Networks',
            product: 'Peregrine Edge Firewall',
            versions: [{ version: '9.0', lessThan: '10.0.2', status: 'affected', versionType: 'semver' }],
          },
        ],
        references: [{ url: ADVISORY_PAGE }],
        metrics: [{ cvssV3_1: { version: '3.1', vectorString: VECTOR, baseScore: 9.8, baseSeverity: 'CRITICAL' } }],
      },
      adp: [
        {
          title: 'CISA ADP Vulnrichment',
          providerMetadata: { orgId: organisation, shortName: 'CISA-ADP' },
          metrics: [{ other: { type: 'ssvc', content: decision } }],
        },
      ],
    },
  }
}

function scores(now: Instant): string {
  const rows = [0.21, 0.84, 0.62, 0.12, 0.03, 0.01, 0.02, 0.07, 0.55, 0.01, 0.31, 0.09, 0.01, 0.02].map(
    (score, index) => `CVE-1900-${String(index + 1).padStart(4, '0')},${score},${(0.5 + score / 2).toFixed(3)}`,
  )
  return `#model_version:invented,score_date:${londonDate(now)}T00:00:00+0000\ncve,epss,percentile\n${rows.join('\n')}\n`
}

function event(now: Instant) {
  const at = String(Math.floor(addHours(now, -20).getTime() / 1_000))
  const attribute = (number: number, type: string, category: string, value: string, comment: string) => ({
    uuid: `00000000-0000-4000-8000-0000000010${String(number).padStart(2, '0')}`,
    type,
    category,
    value,
    comment,
    to_ids: true,
    timestamp: at,
    distribution: '5',
  })
  return {
    Event: {
      uuid: '00000000-0000-4000-8000-000000001000',
      info: 'Firewalls of the Peregrine kind taken over to mine for sign-ins',
      date: londonDate(addHours(now, -20)),
      timestamp: at,
      published: true,
      distribution: '1',
      Orgc: { name: 'Invented sharing group', uuid: '00000000-0000-4000-8000-000000001001' },
      Tag: [{ name: 'tlp:amber' }],
      Attribute: [
        attribute(2, 'vulnerability', 'External analysis', CVE, ''),
        attribute(3, 'ip-dst', 'Network activity', '192.0.2.77', 'Where stolen sign-ins are sent'),
        attribute(4, 'domain', 'Network activity', 'update.peregrine-support.example', 'Imitates the maker'),
        attribute(5, 'sha256', 'Payload delivery', '1900'.repeat(16), 'The tool that is left behind'),
      ],
    },
  }
}

function news(now: Instant): string {
  const item = (title: string, hoursAgo: number, text: string, id: string) => `
    <item><title>${title}</title><link>https://news.example/${id}</link><guid>https://news.example/${id}</guid>
    <pubDate>${addHours(now, -hoursAgo).toUTCString()}</pubDate><description>${text}</description></item>`
  return `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Invented security news</title><link>https://news.example/</link>
    <description>Nothing in it is real.</description>${[
      item(
        'Hospitals told to update Peregrine Networks Peregrine Edge Firewall at once',
        9,
        'An invented report: attackers were seen on firewalls in two regions.',
        'hospitals-told-to-update',
      ),
      item('What the firewall flaw of the week teaches', 6, `An invented comment on ${CVE}.`, 'what-the-flaw-teaches'),
      item('Invented conference opens in autumn', 30, 'Nothing to do with any flaw.', 'conference'),
    ].join('')}</channel></rss>`
}
