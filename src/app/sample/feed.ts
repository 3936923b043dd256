import { addDays, londonDate, type Instant } from '../../kernel/instant.ts'
import { PRODUCTS } from './words.ts'

/** One invented flaw. Its CVE is of the year 1900, which no real one will ever be. */
interface SampleFlaw {
  readonly cve: string
  readonly product: string
  readonly name: string
  readonly says: string
  readonly action: string
  readonly daysAgo: number
  readonly ransomware: boolean
}

const FLAWS: readonly SampleFlaw[] = [
  flaw(1, 'Northlight Patient Record', 'Authentication Bypass', 'lets anyone on the network open the record viewer without signing in', 2, true),
  flaw(2, 'Peregrine Edge Firewall', 'Command Injection', 'lets an attacker on the internet run commands on the firewall', 1, true),
  flaw(3, 'Lumen Server', 'Remote Code Execution', 'lets an attacker take over a server by one crafted message to its file service', 9, true),
  flaw(4, 'Signet File Exchange', 'SQL Injection', 'lets an attacker read and take the files that were sent through it', 16, true),
  flaw(5, 'Halden PACS', 'Hard-coded Password', 'has a service account whose password is the same everywhere', 5, false),
  flaw(6, 'Dispenso Pharmacy', 'Improper Access Control', 'shows one pharmacy the prescriptions of another', 12, false),
  flaw(7, 'Meridian EPR', 'Path Traversal', 'lets a signed-in user read files of the server', 24, false),
  flaw(8, 'Harbour Hypervisor', 'Privilege Escalation', 'lets a guest machine take over its host', 31, true),
  flaw(9, 'Peregrine Remote Access', 'Session Hijack', 'lets an attacker take over the session of somebody who is signed in', 40, true),
  flaw(10, 'Orchid Lab Link', 'Cross-Site Scripting', 'runs what a crafted result contains in the browser of whoever opens it', 47, false),
  flaw(11, 'Wayfinder Print Server', 'Remote Code Execution', 'lets anyone who can print run code on the server', 63, true),
  flaw(12, 'Bastion Vault', 'Missing Authentication', 'lets anyone on the network delete backups', 80, true),
  flaw(13, 'Greenleaf Care Planner', 'Insecure Default', 'starts with an account that everybody knows', 95, false),
  flaw(14, 'Tamarind Smart Pump', 'Improper Input Validation', 'stops sending alarms after a crafted message', 7, false),
]

/** A catalogue of invented flaws in the shape of CISA's list, as of `now`. */
export function sampleCatalogue(now: Instant): string {
  const vulnerabilities = FLAWS.map(entry => {
    const maker = PRODUCTS.find(({ product }) => product === entry.product)?.maker ?? ''
    return {
      cveID: entry.cve,
      vendorProject: maker,
      product: entry.product,
      vulnerabilityName: `${entry.product} ${entry.name} Vulnerability`,
      dateAdded: londonDate(addDays(now, -entry.daysAgo)),
      shortDescription: `${entry.product} ${entry.says}.`,
      requiredAction: entry.action,
      dueDate: londonDate(addDays(now, 21 - entry.daysAgo)),
      knownRansomwareCampaignUse: entry.ransomware ? 'Known' : 'Unknown',
      notes: '',
      cwes: [],
    }
  })
  const catalogue = {
    title: 'Invented catalogue of the sample sector',
    catalogVersion: 'sample',
    dateReleased: now.toISOString(),
    count: vulnerabilities.length,
    vulnerabilities,
  }
  return JSON.stringify(catalogue)
}

/** A page of invented alerts in the shape of the NHS cyber-alerts API, as of `now`. */
export function sampleAlerts(now: Instant): string {
  const alerts = [
    alert(
      now,
      9001,
      'Phishing that imitates appointment reminders',
      'Medium',
      3,
      'Attack methodology',
      '<p>Messages that look like appointment reminders ask staff to sign in on a page that keeps what they type.</p>',
      'Quill Mail',
      [],
    ),
    alert(
      now,
      9002,
      'Remote takeover of Lumen Server',
      'High',
      8,
      'Vulnerability',
      '<p>The flaw in the file service of Lumen Server spreads from machine to machine without anybody’s help.</p>',
      'Lumen Server',
      ['CVE-1900-0003'],
    ),
    alert(
      now,
      9003,
      'Marigold ransomware enters by remote access',
      'High',
      20,
      'Malware',
      '<p>A group that calls itself Marigold takes over sessions of Peregrine Remote Access and encrypts what it reaches.</p>',
      'Peregrine Remote Access',
      ['CVE-1900-0009'],
    ),
    alert(
      now,
      9004,
      'End of support for Lumen Desktop 10',
      'Information only',
      30,
      'Insecure software',
      '<p>No more fixes are made for this version. Plan its replacement.</p>',
      'Lumen Desktop',
      [],
    ),
    alert(
      now,
      9005,
      'Backups deleted before ransomware strikes',
      'Medium',
      75,
      'Intelligence',
      '<p>Attackers look for backups first. Keep one copy where nobody can delete it.</p>',
      'Bastion Vault',
      ['CVE-1900-0012'],
    ),
  ]
  // One cannot be read, as happens: it shows what quarantine is for.
  const items = [...alerts, { title: 'An alert that lost its number', summary: '<p>Nobody knows which it is.</p>' }]
  return JSON.stringify({ pageSize: items.length, total: items.length, items, currentPage: 1, totalPages: 1 })
}

/** What a supplier's site answers while it is being rebuilt: no feed. */
export const SAMPLE_OUTAGE = '<!doctype html><title>We are rebuilding this site</title>'

function flaw(number: number, product: string, name: string, says: string, daysAgo: number, ransomware: boolean): SampleFlaw {
  return {
    cve: `CVE-1900-${String(number).padStart(4, '0')}`,
    product,
    name,
    says,
    daysAgo,
    ransomware,
    action: 'Apply the maker’s update. Where that cannot be done, cut it off from the network.',
  }
}

function alert(
  now: Instant,
  number: number,
  title: string,
  severity: string,
  daysAgo: number,
  threatType: string,
  summary: string,
  platform: string,
  cves: readonly string[],
) {
  const date = addDays(now, -daysAgo).getTime()
  return {
    threatId: `CC-${number}`,
    title,
    summary,
    severity,
    severityStatusHistory: [{ severity, date }],
    publishedDate: date,
    threatType,
    category: [],
    threatvector: [],
    threatAffects: [{ platformText: `<p>${platform}</p>`, versionsAffected: [] }],
    threatUpdates: [],
    remediationIntro: '<p>Read the steps and decide which concern you.</p>',
    remediationSteps: [{ type: 'Guidance', step: '<p>Check whether you run it, and update it.</p>', link: '' }],
    cveIdentifiers: cves.map(cve => ({ cveIdentifier: cve, cveStatus: 'Not Known', cveText: '' })),
  }
}
