import { may, type Actor } from '../../platform/work/actor.ts'

export interface Section {
  readonly name: 'review' | 'plan' | 'investment' | 'benchmark' | 'practices'
  readonly label: string
  readonly href: string
  readonly permission: string
}

const SECTIONS: readonly Section[] = [
  { name: 'review', label: 'Our review', href: '/assessments', permission: 'assure.assessment.view' },
  { name: 'plan', label: 'Our plan', href: '/plan', permission: 'assure.plan.view' },
  { name: 'investment', label: 'Best next pound', href: '/investment', permission: 'assure.investment.view' },
  { name: 'benchmark', label: 'Benchmark', href: '/benchmark', permission: 'assure.benchmark.view' },
  { name: 'practices', label: 'Good practice', href: '/practices', permission: 'assure.practice.view' },
]

/** The parts of the review and plan that the actor may open: what the macro `sections` of views/sections.njk shows. */
export function sectionsFor(actor: Actor): readonly Section[] {
  return SECTIONS.filter(({ permission }) => may(actor, permission))
}
