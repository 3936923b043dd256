import type { SsvcStatement } from '../../../kernel/intelligence.ts'

/**
 * The EPSS scores at which a threat is looked at anew, in millionths: one of ten and one of two expected to be exploited within 30 days.
 * A threat that reaches one is told once: scores that go up and down around it every day tell nobody anything.
 */
export const EPSS_STEPS = [100_000, 500_000] as const

/** How many of the steps a score has reached. */
export function epssStep(scoreMillionths: number | null): number {
  return EPSS_STEPS.filter(step => (scoreMillionths ?? 0) >= step).length
}

/** `94.6%` */
export function epssInWords(scoreMillionths: number): string {
  return `${(scoreMillionths / 10_000).toFixed(1)}%`
}

const EXPLOITATION = ['none', 'poc', 'active'] as const

/** The most pressing of several decisions, each about a vulnerability of one threat: exploitation first, then what can be automated, then impact. */
export function worstSsvc(statements: readonly SsvcStatement[]): SsvcStatement | null {
  const rank = ({ exploitation, automatable, technicalImpact }: SsvcStatement) =>
    EXPLOITATION.indexOf(exploitation) * 4 + (automatable ? 2 : 0) + (technicalImpact === 'total' ? 1 : 0)
  return statements.toSorted((a, b) => rank(b) - rank(a))[0] ?? null
}

export const EXPLOITATION_WORDS: Readonly<Record<SsvcStatement['exploitation'], string>> = {
  none: 'No exploitation known',
  poc: 'An exploit is public',
  active: 'Exploited',
}
