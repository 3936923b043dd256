import { londonDate, type Instant } from '../../../kernel/instant.ts'
import { actionsIn } from '../../../kernel/lifecycle.ts'
import type { Problem } from '../../../kernel/problem.ts'
import type { Action } from '../../../ui/models.ts'
import { afterRefusal, type Refusal } from '../../../ui/refusal.ts'
import { ASSESSMENT_LIFECYCLE, type Assessment } from '../assessments/model.ts'
import { askFields, untilField, usualUntil } from './form-views.ts'
import { isLive, rowsOf, tagOf, type Engagement } from './model.ts'
import type { Candidate } from './queries.ts'

export function engagementAddress(assessmentId: string, rest = ''): string {
  return `/assessments/${assessmentId}/engagement${rest}`
}

function captionOf({ frameworkName, frameworkVersion, period }: Assessment): string {
  return `${frameworkName} ${frameworkVersion}, ${period}`
}

export interface EngagementPage {
  readonly assessment: Assessment
  readonly engagements: readonly Engagement[]
}

export function engagementModel(
  { assessment, engagements }: EngagementPage,
  now: Instant,
  mayAsk: boolean,
  typed: Readonly<Record<string, unknown>> = {},
  problems: readonly Problem[] = [],
  refused: Refusal | null = null,
) {
  const address = (rest = '') => engagementAddress(assessment.id, rest)
  const open = ['open', 'with-assessor', 'agreeing'].includes(assessment.state)
  const live = engagements.filter(one => isLive(one, now))
  const one = (engagement: Engagement) => ({
    name: engagement.assessorName,
    tag: tagOf(engagement, now),
    rows: rowsOf(engagement),
    actions: afterRefusal(
      mayAsk && isLive(engagement, now)
        ? [{ label: 'End it now', href: address(`/${engagement.id}/end`), method: 'post', reason: 'required', variant: 'secondary' } satisfies Action]
        : [],
      refused,
    ).actions,
    extend:
      mayAsk && isLive(engagement, now)
        ? {
            action: address(`/${engagement.id}/extend`),
            submit: 'Change',
            autosave: false,
            fields: [
              untilField(
                Object.keys(typed).length === 0 ? { until: londonDate(engagement.until) } : typed,
                problems.find(({ pointer }) => pointer === 'until')?.message,
              ),
            ],
          }
        : null,
  })
  return {
    caption: captionOf(assessment),
    backHref: `/assessments/${assessment.id}`,
    mayAsk,
    current: live.map(one),
    past: engagements.filter(engagement => !isLive(engagement, now)).map(one),
    steps: mayAsk ? stepsOf(assessment, live, open) : [],
  }
}

function stepsOf(assessment: Assessment, live: readonly Engagement[], open: boolean): readonly Action[] {
  const address = (rest: string) => engagementAddress(assessment.id, rest)
  const offered = actionsIn(ASSESSMENT_LIFECYCLE, assessment.state)
  const lead = live.find(({ kind }) => kind !== 'second')
  const canAsk = open && (lead === undefined || !live.some(({ kind }) => kind === 'second'))
  return [
    ...(offered.includes('give-to-assessor') && lead !== undefined && lead.declaredAt !== null
      ? [{ label: 'Give the review to the assessor', href: address('/give'), method: 'post' as const }]
      : []),
    ...(canAsk ? [{ label: lead === undefined ? 'Ask an assessor in' : 'Ask a second assessor in', href: address('/ask') }] : []),
    ...(offered.includes('take-back')
      ? [{ label: 'Take the review back', href: address('/take-back'), method: 'post' as const, variant: 'secondary' as const }]
      : []),
  ]
}

export function askModel(
  assessment: Assessment,
  assessors: readonly Candidate[],
  now: Instant,
  typed: Readonly<Record<string, unknown>>,
  problems: readonly Problem[],
) {
  return {
    caption: captionOf(assessment),
    backHref: engagementAddress(assessment.id),
    ask: {
      action: engagementAddress(assessment.id, '/ask'),
      submit: 'Ask them in',
      cancelHref: engagementAddress(assessment.id),
      fields: askFields(assessors, { until: usualUntil(now), ...typed }, problems),
    },
  }
}
