/** How the first catalogue is written down. A merged migration is never edited, so its shapes are its own. */

/** Low, likely, high; and the key of its source among `SOURCES`, `own` unless it says otherwise. */
export type Estimate = readonly [low: number, likely: number, high: number, source?: keyof typeof SOURCES]

/** What an event costs, in pounds. `output` is the care that could not be given, as money; the care itself is counted apart. */
type Channel = 'output' | 'recovery' | 'third-party' | 'legal' | 'other'

export interface Source {
  readonly words: string
  readonly saidBy: string
  /** A day, or a month or year where no more is known of it. */
  readonly asOf: string
  readonly grade: 'judgement' | 'published'
}

const OWN_JUDGEMENT = "CareCERT's own judgement. No table of measured effects exists for this: change it when you know better."

/** Where the figures come from. What was published is said in our own words, with who said it; all else is judgement and says so. */
export const SOURCES = {
  own: { words: OWN_JUDGEMENT, saidBy: 'CareCERT', asOf: '2026-11-01', grade: 'judgement' },
  marsh: {
    words:
      'Insurance questionnaires set beside claims in the United States and Canada: hardening by machine went with about a sixth of the likelihood, patching within 7 days with half, ' +
      'and a second factor everywhere with about 1.4 times less. It shows what goes together, not what causes what; we take less than it says. The date is that on which we read it.',
    saidBy: 'Marsh McLennan Cyber Risk Analytics Center',
    asOf: '2026-11',
    grade: 'published',
  },
  survey: {
    words:
      '43% of businesses, and 74% of large ones, had a breach or attack in a year; about 1% had ransomware. Scaled by us to a body that has done little of this list.',
    saidBy: 'Cyber security breaches survey 2025, UK government',
    asOf: '2025',
    grade: 'published',
  },
  wannacry: {
    words:
      'The attack of May 2017 was put at £92 million for the NHS in England: £19 million of lost output, the rest computing. That is about £1,000 an appointment cancelled. Divided by us.',
    saidBy: 'Department of Health and Social Care',
    asOf: '2018-10',
    grade: 'published',
  },
  synnovis: {
    words:
      'The attack on a pathology supplier in 2024 cost the supplier about £33 million and the hospitals that it served about £36 million, and put off 10,054 outpatient appointments and 1,693 ' +
      'planned operations by 11 August. Divided by us to one middling supplier and one hospital.',
    saidBy: 'NHS England London and press reports',
    asOf: '2024',
    grade: 'published',
  },
  advanced: {
    words:
      'A supplier was fined £3.07 million, from £6.09 million first announced, after data of 79,404 people was taken by a way in that had no second factor. The upper end is from it.',
    saidBy: "Information Commissioner's Office",
    asOf: '2025-03',
    grade: 'published',
  },
  goole: {
    words: 'In October 2016 a trust put off more than 2,800 appointments over four days. A neighbour was hit through systems that they shared.',
    saidBy: 'National Audit Office',
    asOf: '2018-04-25',
    grade: 'published',
  },
} as const satisfies Readonly<Record<string, Source>>

/** Amounts are in pounds for a hospital of about 5,000 staff. */
export interface Improvement {
  readonly code: string
  readonly name: string
  readonly summary: string
  /** The sizes of organisation that it suits; all unless it says otherwise. */
  readonly sizes?: readonly string[]
  readonly caf: readonly string[]
  readonly firstSteps?: readonly string[]
  readonly capital: Estimate
  readonly yearly: Estimate
  readonly days: Estimate
  readonly years: number
  readonly months: number
  readonly needs?: readonly string[]
  /** Levels of one thing, of which one is chosen. */
  readonly oneOf?: string
  readonly group: string
  readonly mustDo?: string
  readonly effects: readonly Effect[]
}

export interface Effect {
  readonly on: string
  /** The share of events that it stops. */
  readonly prevents?: Estimate
  /** The share of each loss that it avoids once it has happened. `care` is the care that is lost and the pounds that go with it. */
  readonly softens?: Partial<Readonly<Record<'care' | Exclude<Channel, 'output'>, Estimate>>>
}

export interface Scenario {
  readonly code: string
  readonly name: string
  readonly summary: string
  /** Events a year, for a hospital that has done little of the list. */
  readonly frequency: Estimate
  /** Pounds an event: in 1 of 20 events less, on average, in 1 of 20 more. */
  readonly losses: Partial<Readonly<Record<Channel, Estimate>>>
  /** Clinic-days of care lost an event, and never priced: what the loss of care costs in pounds stands apart. */
  readonly clinicDays: Estimate
}
