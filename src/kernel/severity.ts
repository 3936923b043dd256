/**
 * How bad a thing is said to be, worst first. NHS cyber alerts use the last four ("High", "Medium", "Low", "Information only");
 * `critical` is CVSS's own word for 9.0 and above.
 */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'information'] as const

export type Severity = (typeof SEVERITIES)[number]

/** Reads the word that a source uses, in any case. Gives `undefined` for a word that is not one of the five. */
export function parseSeverity(text: string): Severity | undefined {
  const word = text.trim().toLowerCase()
  if (word === 'information only' || word === 'informational' || word === 'info' || word === 'none') return 'information'
  if (word === 'moderate') return 'medium'
  return SEVERITIES.find(known => known === word)
}

/** The qualitative rating of a CVSS score in tenths, 0 to 100 (CVSS 3.1 §5 and CVSS 4.0 §6: none, low, medium, high, critical). */
export function severityOfCvss(tenths: number): Severity {
  if (tenths >= 90) return 'critical'
  if (tenths >= 70) return 'high'
  if (tenths >= 40) return 'medium'
  return tenths > 0 ? 'low' : 'information'
}

/** Orders the worst first, for `sort`. */
export function compareSeverity(a: Severity, b: Severity): number {
  return SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b)
}
