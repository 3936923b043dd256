import type { ShippedCrosswalk } from './shape.ts'

/** The outcomes of 3.2 that have the same code and the same subject in 4.0. */
const SAME =
  'A1.a A1.b A1.c A2.a A3.a A4.a B1.a B1.b B2.a B2.b B2.c B2.d B3.a B3.b B3.c B3.d B3.e B4.a B4.b B4.c B4.d B5.a B5.b B5.c B6.a B6.b C1.b C1.c D1.a D1.b D1.c D2.b'

/**
 * The Cyber Assessment Framework from 3.2 to 4.0, by code. Six codes keep their number and change what they mean (A2.b, C1.a, C1.d, C1.e, C2.a, D2.a): a trend
 * by code alone would compare things that are not alike. New in 4.0, with nothing before them: A2.b, A4.b and C1.f.
 */
export const CAF_CROSSWALK: ShippedCrosswalk = {
  id: 'xwk_0193a5b0c0de70008000000000000021',
  from: ['caf', '3.2'],
  to: ['caf', '4.0'],
  name: 'Cyber Assessment Framework 3.2 to 4.0',
  source: 'CareCERT: codes and titles of both versions set side by side, November 2026. How far two parts that changed are alike is our judgement',
  pairs: [
    ...SAME.split(' ').map(code => [code, code, 'equal', ''] as const),
    ['A2.b', 'A2.c', 'equal', 'Assurance moved to A2.c; A2.b is about understanding threat.'],
    ['C1.a', 'C1.a', 'intersect', 'Coverage of monitoring became sources and tools for logging and monitoring.'],
    ['C1.e', 'C1.a', 'intersect', 'The tools of C1.e went to C1.a.'],
    ['C1.d', 'C1.d', 'intersect', 'Identifying incidents became the triage of alerts.'],
    ['C1.e', 'C1.e', 'intersect', 'Of tools and skills the skills stayed.'],
    ['C2.a', 'C2.a', 'intersect', 'Abnormalities for detection and proactive discovery became one: threat hunting.'],
    ['C2.b', 'C2.a', 'intersect', 'Abnormalities for detection and proactive discovery became one: threat hunting.'],
    ['D2.a', 'D2.a', 'intersect', 'Analysis of the root cause became analysis after an incident.'],
  ],
}
