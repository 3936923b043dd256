import type { SsvcStatement } from '../../../kernel/intelligence.ts'
import type { Severity } from '../../../kernel/severity.ts'
import { epssInWords, EPSS_STEPS } from '../enrichment/model.ts'

/** What the rules look at. */
export interface PriorityFacts {
  /** Since when CISA lists it as exploited, `2025-01-24`. `null` when it does not. */
  readonly kevSince: string | null
  readonly ransomware: boolean | null
  readonly cvssTenths: number | null
  /** The most pressing decision of CISA's coordinator about one of its CVEs. */
  readonly ssvc: SsvcPoints | null
  /** The highest EPSS score of its CVEs, in millionths. */
  readonly epssMillionths: number | null
  /** Whether an analyst says that patients may come to harm by it. */
  readonly clinicalSafety: boolean
  /** The worst that any source calls it. */
  readonly severity: Severity | null
  /** Whether an organisation has reported that care is affected by it. */
  readonly reportedCareAffected: boolean
  readonly runs: number
  readonly mayRun: number
  /** Whether every item of it was withdrawn by its source. */
  readonly isWithdrawn: boolean
}

export type SsvcPoints = Pick<SsvcStatement, 'exploitation' | 'automatable' | 'technicalImpact'>

export interface Priority {
  /** Sorts the queue: lower is more pressing. */
  readonly order: number
  readonly word: PriorityWord
  /** Why, in a sentence. */
  readonly reason: string
}

export const PRIORITY_WORDS = ['Act now', 'Urgent', 'High', 'Medium', 'Low'] as const
export type PriorityWord = (typeof PRIORITY_WORDS)[number]

interface Rule {
  readonly word: PriorityWord
  /** The rule in words, for the page that publishes the table. */
  readonly when: string
  applies(facts: PriorityFacts): boolean
}

/** The rules, most pressing first: the first that fits decides the word. */
export const PRIORITY_RULES: readonly Rule[] = [
  { word: 'Act now', when: 'an organisation reports that care is affected', applies: facts => facts.reportedCareAffected },
  {
    word: 'Act now',
    when: "on CISA's list of exploited flaws, and used in ransomware attacks",
    applies: facts => facts.kevSince !== null && facts.ransomware === true,
  },
  { word: 'Urgent', when: "on CISA's list of exploited flaws", applies: facts => facts.kevSince !== null },
  { word: 'Urgent', when: 'exploited, as CISA’s coordinator decided (SSVC)', applies: facts => facts.ssvc?.exploitation === 'active' },
  {
    word: 'Urgent',
    when: 'patients may come to harm by it, and somebody runs it or may run it',
    applies: facts => facts.clinicalSafety && facts.runs + facts.mayRun > 0,
  },
  {
    word: 'High',
    when: 'an exploit is public, attacks can be automated and give total control (SSVC)',
    applies: ({ ssvc }) => ssvc?.exploitation === 'poc' && ssvc.automatable && ssvc.technicalImpact === 'total',
  },
  {
    word: 'High',
    when: `an EPSS score of ${epssInWords(EPSS_STEPS[1])} or more: exploitation within 30 days is likely`,
    applies: facts => (facts.epssMillionths ?? 0) >= EPSS_STEPS[1],
  },
  {
    word: 'High',
    when: 'a CVSS score of 9.0 or more; without a score, called critical or high by a source',
    applies: facts => (facts.cvssTenths ?? 0) >= 90 || facts.severity === 'critical' || (facts.cvssTenths === null && facts.severity === 'high'),
  },
  {
    word: 'Medium',
    when: `an EPSS score of ${epssInWords(EPSS_STEPS[0])} or more`,
    applies: facts => (facts.epssMillionths ?? 0) >= EPSS_STEPS[0],
  },
  {
    word: 'Medium',
    when: 'a CVSS score of 7.0 or more; without a score, called medium by a source',
    applies: facts => (facts.cvssTenths ?? 0) >= 70 || (facts.cvssTenths === null && facts.severity === 'medium'),
  },
  { word: 'Low', when: 'everything else', applies: () => true },
]

/** Inside one word, what more organisations run comes first. */
export const REACH_STEPS: readonly { readonly when: string; applies(facts: PriorityFacts): boolean }[] = [
  { when: '1,000 organisations or more run it', applies: facts => facts.runs >= 1_000 },
  { when: '100 or more run it', applies: facts => facts.runs >= 100 },
  { when: 'at least one runs it', applies: facts => facts.runs > 0 },
  { when: 'some may run it', applies: facts => facts.mayRun > 0 },
  { when: 'nobody is known to run it', applies: () => true },
]

const LAST = 999

/** Applies the tables. The same facts always give the same answer. */
export function prioritise(facts: PriorityFacts): Priority {
  if (facts.isWithdrawn) return { order: LAST, word: 'Low', reason: `Withdrawn by its source; ${reachInWords(facts)}.` }
  const rank = PRIORITY_RULES.findIndex(rule => rule.applies(facts))
  const reach = REACH_STEPS.findIndex(step => step.applies(facts))
  const word = PRIORITY_RULES[rank]?.word ?? 'Low'
  return { order: rank * 10 + reach, word, reason: `${[...groundsOf(facts), ...reachOf(facts)].join('; ')}.` }
}

function groundsOf(facts: PriorityFacts): string[] {
  const grounds: string[] = facts.reportedCareAffected ? ['An organisation reports that care is affected'] : []
  if (facts.kevSince !== null) grounds.push(`${grounds.length === 0 ? 'On' : 'on'} CISA's list of exploited flaws since ${inWords(facts.kevSince)}`)
  if (facts.kevSince !== null && facts.ransomware === true) grounds.push('used in ransomware attacks')
  if (facts.clinicalSafety) grounds.push(first(grounds, 'patients may come to harm by it'))
  if (facts.ssvc !== null && facts.ssvc.exploitation !== 'none' && !(facts.kevSince !== null && facts.ssvc.exploitation === 'active'))
    grounds.push(first(grounds, facts.ssvc.exploitation === 'active' ? 'exploited, as CISA decided' : 'an exploit is public'))
  if ((facts.epssMillionths ?? 0) >= EPSS_STEPS[0]) grounds.push(`EPSS ${epssInWords(facts.epssMillionths ?? 0)}`)
  if (facts.cvssTenths !== null) grounds.push(`CVSS score ${(facts.cvssTenths / 10).toFixed(1)} of 10`)
  else if (facts.severity !== null && !facts.reportedCareAffected)
    grounds.push(
      `${grounds.length === 0 ? 'Called' : 'called'} ${facts.severity === 'information' ? 'information only' : facts.severity} by its source`,
    )
  if (grounds.length === 0) grounds.push('No source says how severe it is')
  return grounds
}

/** The first ground begins the sentence. */
function first(grounds: readonly string[], text: string): string {
  return grounds.length === 0 ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text
}

/** What is reported need not be a product that somebody runs: then it goes without saying that nobody does. */
function reachOf(facts: PriorityFacts): string[] {
  return facts.reportedCareAffected && facts.runs + facts.mayRun === 0 ? [] : [reachInWords(facts)]
}

function reachInWords({ runs, mayRun }: PriorityFacts): string {
  if (runs === 0 && mayRun === 0) return 'no organisation is known to run it'
  if (runs === 0) return `${organisations(mayRun)} may run it`
  const known = `${organisations(runs)} ${runs === 1 ? 'runs' : 'run'} it`
  return mayRun === 0 ? known : `${known}, and ${mayRun.toLocaleString('en-GB')} more may`
}

function organisations(count: number): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? 'organisation' : 'organisations'}`
}

const longDate = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })

function inWords(date: string): string {
  return longDate.format(new Date(`${date}T00:00:00Z`))
}
