import type { Instant } from '../../../kernel/instant.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { date } from '../../../ui/filters/dates.ts'
import { severityTag } from '../../../ui/labels.ts'
import type { Cell, TableModel } from '../../../ui/models.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import type { Bulletin } from '../bulletins/queries.ts'
import { policyFields } from './fields.ts'
import { policiesFor, policySentence, stepsOf, type ChasePolicy, type StepKind } from './model.ts'
import type { StepCount } from './queries.ts'

export const POLICIES = '/chase-policies'

type Types = readonly { readonly code: string; readonly plural: string }[]

export function policiesModel(policies: readonly ChasePolicy[], types: Types, today: string, maySet: boolean) {
  const nameOf = (code: string | null) => (code === null ? 'Every other type' : (types.find(type => type.code === code)?.plural ?? code))
  const isReplaced = (policy: ChasePolicy) =>
    policies.some(
      other =>
        other.severity === policy.severity &&
        other.organisationType === policy.organisationType &&
        other.effectiveFrom > policy.effectiveFrom &&
        other.effectiveFrom <= today,
    )
  return {
    addHref: maySet ? `${POLICIES}/add` : null,
    table: {
      caption: 'Policies about silence',
      captionHidden: true,
      head: [{ text: 'For' }, { text: 'What happens' }, { text: 'From' }, { text: 'Decided by' }],
      rows: policies.map((policy): readonly Cell[] => [
        { text: nameOf(policy.organisationType), tags: [severityTag(policy.severity)] },
        policySentence(policy),
        {
          date: policy.effectiveFrom,
          tags:
            policy.effectiveFrom > today
              ? [{ text: 'To come', colour: 'blue' }]
              : isReplaced(policy)
                ? [{ text: 'Replaced', colour: 'grey' }]
                : [{ text: 'In force', colour: 'green' }],
        },
        policy.source,
      ]),
    } satisfies TableModel,
    total: policies.length,
  }
}

export function policyFormModel(typed: Readonly<Record<string, unknown>>, types: Types, problems: readonly Problem[]) {
  return {
    action: `${POLICIES}/add`,
    cancelHref: POLICIES,
    fields: policyFields(typed, types, name => problems.find(problem => problem.pointer === name)?.message),
  }
}

const STEP_NAMES: Readonly<Record<StepKind, string>> = {
  reminder: 'Reminder',
  telephone: 'Telephone list',
  escalation: 'Seniors told',
  region: 'Regions told',
}

/** What happens about silence on one bulletin: what the policies say, when, and what was done. */
export function chaseView(
  facts: {
    readonly bulletin: Bulletin
    readonly policies: readonly ChasePolicy[]
    /** `undefined` before the release. */
    readonly standing: { readonly askedAt: Instant; readonly isHeld: boolean; readonly isChased: boolean } | undefined
    readonly counts: readonly StepCount[]
    readonly types: Types
  },
  { now, mayRing }: { readonly now: Instant; readonly mayRing: boolean },
) {
  const { bulletin, standing, counts } = facts
  const number = bulletinNumber(bulletin.number)
  const inForce = [...policiesFor(facts.policies, bulletin.severity, bulletin.releasedAt ?? now).values()]
  const nameOf = (code: string | null) =>
    code === null ? (inForce.length === 1 ? 'Everybody' : 'Everybody else') : (facts.types.find(type => type.code === code)?.plural ?? code)
  const planned = inForce
    .flatMap(policy =>
      standing === undefined ? [] : stepsOf(policy, standing.askedAt).map(step => ({ step, who: nameOf(policy.organisationType) })),
    )
    .toSorted((a, b) => a.step.at.getTime() - b.step.at.getTime())
  return {
    number,
    title: bulletin.title,
    tlp: bulletin.tlp,
    address: `/bulletins/${number}`,
    isExercise: bulletin.isExercise,
    isLive: bulletin.state === 'released',
    isHeld: standing?.isHeld === true,
    isChased: standing?.isChased !== false,
    sentences: inForce.map(policy => ({
      who: nameOf(policy.organisationType),
      text: policySentence(policy),
      since: date(policy.effectiveFrom),
      source: policy.source,
    })),
    policiesHref: POLICIES,
    telephoneHref: mayRing ? `/bulletins/${number}/telephone` : null,
    planned:
      planned.length === 0
        ? null
        : ({
            caption: 'When',
            head: [{ text: 'Step' }, { text: 'For' }, { text: 'When' }, { text: 'Stands' }],
            rows: planned.map(({ step, who }): readonly Cell[] => [
              step.kind === 'reminder' ? `${STEP_NAMES.reminder} ${step.nth}` : STEP_NAMES[step.kind],
              who,
              { at: step.at },
              step.at <= now ? 'due' : 'to come',
            ]),
          } satisfies TableModel),
    taken:
      counts.length === 0
        ? null
        : ({
            caption: 'What was done',
            head: [
              { text: 'Step' },
              { text: 'Organisations that were silent', format: 'numeric' },
              { text: 'Somebody was written to', format: 'numeric' },
              { text: 'When' },
            ],
            rows: counts.map(({ kind, nth, organisations, mailed, firstAt, lastAt }): readonly Cell[] => [
              kind === 'reminder' ? `${STEP_NAMES.reminder} ${nth}` : STEP_NAMES[kind],
              organisations,
              mailed,
              firstAt.getTime() === lastAt.getTime() ? { at: firstAt } : { at: lastAt, hint: 'the newest of several' },
            ]),
          } satisfies TableModel),
  }
}
