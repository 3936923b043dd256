import type { LocalDate } from '../../../kernel/instant.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { severityTag, type Tag } from '../../../ui/labels.ts'
import type { Cell, TableModel } from '../../../ui/models.ts'
import type { ListedPolicy } from '../queries.ts'
import { policyFields } from './fields.ts'

export const POLICIES = '/cap-policies'

export function policiesModel(
  policies: readonly ListedPolicy[],
  today: LocalDate,
  { maySet, isSigned }: { readonly maySet: boolean; readonly isSigned: boolean },
) {
  const table: TableModel = {
    caption: 'Of which bulletins alerts are made',
    captionHidden: true,
    head: [{ text: 'Bulletins of severity' }, { text: 'What happens' }, { text: 'From' }, { text: 'Decided by' }],
    rows: policies.map((policy): readonly Cell[] => [
      { tags: [severityTag(policy.severity)] },
      policy.isUrgent ? `An alert is made: urgency ${policy.urgency}, severity ${policy.capSeverity}` : 'No alert is made',
      { date: policy.effectiveFrom, tags: [stateOf(policy, policies, today)] },
      policy.source,
    ]),
  }
  return { table, addHref: maySet ? `${POLICIES}/add` : null, isSigned }
}

function stateOf(policy: ListedPolicy, policies: readonly ListedPolicy[], today: LocalDate): Tag {
  if (policy.effectiveFrom > today) return { text: 'To come', colour: 'blue' }
  const isReplaced = policies.some(
    ({ severity, effectiveFrom }) => severity === policy.severity && effectiveFrom > policy.effectiveFrom && effectiveFrom <= today,
  )
  return isReplaced ? { text: 'Replaced', colour: 'grey' } : { text: 'In force', colour: 'green' }
}

export function policyFormModel(typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]) {
  return {
    action: `${POLICIES}/add`,
    cancelHref: POLICIES,
    fields: policyFields(typed, name => problems.find(({ pointer }) => pointer === name)?.message),
  }
}
