import type { LocalDate } from '../../../../../kernel/instant.ts'
import type { Tag } from '../../../../../ui/labels.ts'
import type { Action, TableModel } from '../../../../../ui/models.ts'
import { canApproveTemplate, type PolicyActor } from '../../../policy.ts'
import { isInForce } from '../model.ts'
import type { KeptTemplate } from '../queries.ts'

function stateTag(template: KeptTemplate, today: LocalDate): Tag {
  if (isInForce(template, today)) return { text: 'In force', colour: 'green' }
  if (!template.isApproved) return { text: 'Not approved', colour: 'grey' }
  return template.effectiveTo !== null && template.effectiveTo <= today
    ? { text: 'Ended', colour: 'white' }
    : { text: 'From a later day', colour: 'blue' }
}

export function templatesView(all: readonly KeptTemplate[], today: LocalDate, mayWrite: boolean) {
  const newest = all.filter((template, at) => all.findIndex(({ code }) => code === template.code) === at)
  const table: TableModel = {
    caption: 'Templates',
    captionHidden: true,
    head: [{ text: 'Template' }, { text: 'State' }, { text: 'Version', format: 'numeric' }, { text: 'Written by' }, { text: 'Approved by' }],
    rows: newest.map(template => [
      { text: template.name, href: `/bulletins/templates/${template.code}` },
      { tags: [stateTag(all.find(({ code, ...known }) => code === template.code && isInForce({ code, ...known }, today)) ?? template, today)] },
      template.version,
      template.savedBy ?? 'Came with CareCERT',
      template.approvedBy,
    ]),
  }
  return { table, mayWrite }
}

export function templateView(versions: readonly KeptTemplate[], actor: PolicyActor, today: LocalDate, error: string | undefined) {
  const [newest] = versions
  if (newest === undefined) throw new RangeError('a template has a version')
  const address = `/bulletins/templates/${newest.code}`
  const decision = canApproveTemplate(actor, newest)
  const mayEnd = actor.permissions.has('broadcast.template.approve') && versions.some(version => isInForce(version, today))
  const actions: readonly Action[] = [
    ...(actor.permissions.has('broadcast.template.write') ? [{ label: 'Write a new version', href: `${address}/edit` }] : []),
    ...(mayEnd
      ? [{ label: 'End its use', href: `${address}/end`, method: 'post' as const, reason: 'required' as const, variant: 'warning' as const }]
      : []),
  ]
  return {
    name: newest.name,
    actions,
    approval: newest.isApproved
      ? null
      : {
          action: `${address}/approve`,
          values: { version: String(newest.version) },
          refusal: decision.ok ? null : decision.reason,
          fields: [
            { name: 'from', label: 'In force from', kind: 'date' as const, hint: 'Leave empty for today.', optional: true, value: null, error },
          ],
        },
    versions: versions.map(version => ({
      ...version,
      state: stateTag(version, today),
      by: version.savedBy ?? 'Came with CareCERT',
    })),
  }
}
