import type { BulletinContent } from '../../domains/broadcast/bulletins/model.ts'
import type { ResponseState } from '../../domains/broadcast/responses/model.ts'

/** One bulletin of the sample's history, and how far it has come. */
export interface SampleBulletin {
  readonly content: Partial<BulletinContent> & { readonly title: string }
  /** The flaw that it was drafted from, if any. */
  readonly cve: string | null
  readonly audience: { readonly types?: readonly string[]; readonly technology?: readonly { maker: string | null; product: string }[] }
  readonly stage: 'draft' | 'in-review' | 'approved' | 'released' | 'withdrawn'
  /** How long before now it was released (or last touched). */
  readonly hoursAgo: number
  /** Of those reached: how many have answered already, and with what. */
  readonly answered: number
  readonly answers: readonly (readonly [ResponseState, number])[]
  /** Whether its mail is left to the worker, so that a newcomer sees it go out. */
  readonly leavesMailToWorker?: boolean
}

const SETTLED = [
  ['done', 60],
  ['not-applicable', 15],
  ['in-progress', 15],
  ['not-acting', 4],
  ['acknowledged', 6],
] as const
export const EARLY_ANSWERS: readonly (readonly [ResponseState, number])[] = [
  ['acknowledged', 45],
  ['assessing', 20],
  ['in-progress', 20],
  ['not-applicable', 10],
  ['done', 3],
  ['not-acting', 2],
]

const update = (product: string) => [
  { type: 'Patch' as const, text: `Install the maker’s update for ${product}.`, link: '' },
  { type: 'Action' as const, text: 'Where you cannot update within the time, cut it off from other networks and tell us when you will.', link: '' },
]

export const SAMPLE_BULLETINS: readonly SampleBulletin[] = [
  {
    content: {
      title: 'Lumen Server: a flaw that spreads by itself',
      severity: 'high',
      tlp: 'GREEN',
      threatType: 'Vulnerability',
      confidence: 'confirmed',
      cves: ['CVE-1900-0003'],
      shortSummary: 'A flaw in the file service of Lumen Server lets an attacker take over a machine, and spreads without anybody’s help.',
      summary:
        'Machines that share files with others are at risk. Updating stops it. **Do not** disconnect mail or the national network: they are safe.',
      platforms: [{ platform: 'Lumen Server', versions: ['2016', '2019'], text: '' }],
      steps: update('Lumen Server'),
      safeToUse: 'National mail and the national network are safe to use. Do not disconnect them.',
    },
    cve: 'CVE-1900-0003',
    audience: { types: ['trust', 'board', 'support-unit'], technology: [{ maker: null, product: 'Lumen Server' }] },
    stage: 'released',
    hoursAgo: 8 * 24,
    answered: 0.93,
    answers: SETTLED,
  },
  {
    content: {
      title: 'Marigold ransomware enters by Peregrine Remote Access',
      severity: 'high',
      tlp: 'GREEN',
      threatType: 'Malware',
      categories: ['Ransomware'],
      confidence: 'likely',
      cves: ['CVE-1900-0009'],
      shortSummary: 'A ransomware group takes over sessions of Peregrine Remote Access.',
      summary: 'Update, then end every session and have everybody sign in again. Look for sign-ins from places where nobody works.',
      platforms: [{ platform: 'Peregrine Remote Access', versions: ['4.6'], text: '' }],
      steps: update('Peregrine Remote Access'),
    },
    cve: 'CVE-1900-0009',
    audience: { technology: [{ maker: null, product: 'Peregrine Remote Access' }] },
    stage: 'released',
    hoursAgo: 19 * 24,
    answered: 0.88,
    answers: SETTLED,
  },
  {
    content: {
      title: 'Wayfinder Print Server: update again',
      severity: 'medium',
      tlp: 'CLEAR',
      threatType: 'Vulnerability',
      confidence: 'possible',
      cves: ['CVE-1900-0011'],
      shortSummary: 'The first fix of the print server may not be enough.',
      summary: 'Sent on the word of one source, which has since taken it back.',
      platforms: [{ platform: 'Wayfinder Print Server', versions: [], text: '' }],
      steps: update('Wayfinder Print Server'),
    },
    cve: 'CVE-1900-0011',
    audience: { types: ['trust', 'board'], technology: [{ maker: null, product: 'Wayfinder Print Server' }] },
    stage: 'withdrawn',
    hoursAgo: 26 * 24,
    answered: 0.6,
    answers: SETTLED,
  },
  {
    content: {
      title: 'Northlight Patient Record: sign-in can be bypassed',
      severity: 'high',
      tlp: 'GREEN',
      threatType: 'Vulnerability',
      confidence: 'confirmed',
      cves: ['CVE-1900-0001'],
      shortSummary: 'Anyone on the practice’s network can open the record viewer without signing in.',
      summary: 'The maker’s update closes it. Until then, switch the record viewer off: the record itself is not affected and is **safe to use**.',
      platforms: [{ platform: 'Northlight Patient Record', versions: ['7.2', '7.4'], text: '' }],
      steps: update('Northlight Patient Record'),
      safeToUse: 'The patient record itself is safe to use. Switch off the viewer only.',
    },
    cve: 'CVE-1900-0001',
    audience: { types: ['practice'], technology: [{ maker: null, product: 'Northlight Patient Record' }] },
    stage: 'released',
    hoursAgo: 3,
    answered: 0.3,
    answers: EARLY_ANSWERS,
  },
  {
    content: {
      title: 'Phishing that imitates appointment reminders',
      severity: 'information',
      tlp: 'CLEAR',
      threatType: 'Attack methodology',
      threatVectors: ['Phishing'],
      confidence: 'likely',
      shortSummary: 'Messages that look like appointment reminders ask staff to sign in.',
      summary: 'Tell staff what they look like, and where to report them.',
      steps: [{ type: 'Aware', text: 'Show staff the example, and say where to report one.', link: '' }],
    },
    cve: null,
    audience: { types: ['trust', 'board', 'support-unit'] },
    stage: 'released',
    hoursAgo: 0,
    answered: 0,
    answers: EARLY_ANSWERS,
    leavesMailToWorker: true,
  },
  {
    content: {
      title: 'Peregrine Edge Firewall: commands from the internet',
      severity: 'high',
      tlp: 'AMBER',
      threatType: 'Vulnerability',
      confidence: 'confirmed',
      cves: ['CVE-1900-0002'],
      shortSummary: 'An attacker on the internet can run commands on the firewall.',
      summary: 'Switch off its management page on the internet side at once, then update.',
      platforms: [{ platform: 'Peregrine Edge Firewall', versions: ['9.1.4', '9.2.0'], text: '' }],
      steps: update('Peregrine Edge Firewall'),
    },
    cve: 'CVE-1900-0002',
    audience: { technology: [{ maker: null, product: 'Peregrine Edge Firewall' }] },
    stage: 'approved',
    hoursAgo: 1,
    answered: 0,
    answers: [],
  },
  {
    content: {
      title: 'Halden PACS: one password everywhere',
      severity: 'medium',
      tlp: 'GREEN',
      threatType: 'Vulnerability',
      confidence: 'confirmed',
      cves: ['CVE-1900-0005'],
      shortSummary: 'A service account of Halden PACS has the same password at every site.',
      summary: 'Ask the maker for the tool that changes it. Imaging goes on meanwhile.',
      platforms: [{ platform: 'Halden PACS', versions: ['5.1', '5.2'], text: '' }],
      steps: update('Halden PACS'),
    },
    cve: 'CVE-1900-0005',
    audience: { types: ['trust'], technology: [{ maker: null, product: 'Halden PACS' }] },
    stage: 'in-review',
    hoursAgo: 2,
    answered: 0,
    answers: [],
  },
  {
    content: {
      title: 'Dispenso Pharmacy shows the prescriptions of others',
      severity: 'medium',
      tlp: 'GREEN',
      confidence: 'possible',
      cves: ['CVE-1900-0006'],
      shortSummary: 'One pharmacy can see the prescriptions of another.',
    },
    cve: 'CVE-1900-0006',
    audience: { types: ['pharmacy'], technology: [{ maker: null, product: 'Dispenso Pharmacy' }] },
    stage: 'draft',
    hoursAgo: 4,
    answered: 0,
    answers: [],
  },
]
