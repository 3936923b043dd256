import type { Problem } from '../../../../kernel/problem.ts'
import { ROLES } from '../../../../kernel/role.ts'
import type { Field, FieldOption } from '../../../../ui/models.ts'
import { RESPONSE_STATES, isResponseState } from '../../responses/model.ts'
import { withChosen, type RuleChoices } from '../fields.ts'
import { EARLIER_ANSWERS } from '../rule.ts'
import { KINDS, type DraftCondition, type DraftRule, type Kind } from './fields.ts'

export interface BuilderChoices extends RuleChoices {
  readonly savedAudiences: readonly string[]
}

/** The page's groups, conditions and buttons. */
export function builderView(draft: DraftRule, choices: BuilderChoices, problems: readonly Problem[]) {
  const errorOf = (name: string) => problems.find(problem => problem.pointer === name)?.message
  // Each button leads to the place where its work shows, so that nobody begins again at the top of the page.
  const condition = (id: string, one: DraftCondition, isNever: boolean) => ({
    id,
    after: isNever ? 'never' : id.replace(/c\d+$/, ''),
    title: KINDS[one.kind].label,
    hidden: { [`${id}-kind`]: one.kind },
    not: isNever ? null : notField(`${id}-not`, one.isNot),
    fields: conditionFields(id, one, choices, errorOf),
    remove: { value: `remove ${id}`, label: 'Remove', hint: KINDS[one.kind].label },
  })
  return {
    join:
      draft.groups.length < 2 ? null : joinField('join', 'The groups together', draft.join, 'Those that fit all groups', 'Those that fit any group'),
    groups: draft.groups.map((group, at) => ({
      id: `g${at}`,
      heading: draft.groups.length < 2 ? 'Those who get it' : `Group ${at + 1}`,
      join: joinField(`g${at}-join`, 'In this group', group.join, 'All of these', 'Any of these'),
      not: {
        name: `g${at}-not`,
        label: 'Everyone who does not fit this group',
        kind: 'checkbox' as const,
        value: group.isNot,
      },
      conditions: group.conditions.map((one, index) => condition(`g${at}c${index}`, one, false)),
      add: addField(`g${at}-add`, errorOf(`g${at}-add`)),
      addValue: `add g${at}`,
      next: `g${at}c${group.conditions.length}`,
      removeValue: draft.groups.length < 2 ? null : `remove-group g${at}`,
    })),
    never: draft.never.map((one, index) => condition(`n${index}`, one, true)),
    neverAdd: addField('n-add', undefined),
    neverNext: `n${draft.never.length}`,
    nextGroup: `g${draft.groups.length}`,
    named: {
      name: 'organisations',
      label: 'And these organisations, whatever is said above',
      kind: 'textarea' as const,
      hint: 'Their ODS codes, separated by blanks, commas or new lines.',
      rows: 2,
      value: draft.organisations,
      error: errorOf('organisations'),
    },
    partners: {
      name: 'partners',
      label: 'And tell their IT delivery partners',
      kind: 'checkbox' as const,
      hint: 'Up to AMBER. What is stricter stays with the organisation.',
      value: draft.partners,
    },
  }
}

function joinField(name: string, label: string, value: string, all: string, any: string): Field {
  return {
    name,
    label,
    kind: 'select',
    value,
    options: [
      { value: 'all', text: all },
      { value: 'any', text: any },
    ],
  }
}

function notField(name: string, isNot: boolean): Field {
  return {
    name,
    label: 'Who',
    kind: 'select',
    value: isNot ? 'yes' : 'no',
    options: [
      { value: 'no', text: 'Those for whom this is so' },
      { value: 'yes', text: 'Not those: everyone else' },
    ],
  }
}

function addField(name: string, error: string | undefined): Field {
  const kinds = Object.entries(KINDS).map(([value, { label: text }]) => ({ value, text }))
  return { name, label: 'Another condition', kind: 'select', options: kinds, value: 'type', error }
}

function conditionFields(id: string, one: DraftCondition, choices: BuilderChoices, errorOf: (name: string) => string | undefined): readonly Field[] {
  const name = (field: string) => `${id}-${field}`
  const base = (field: string, label: string, kind: Field['kind'], more: Partial<Field> = {}): Field => ({
    name: name(field),
    label,
    kind,
    value: one.values[field] ?? '',
    error: errorOf(name(field)),
    ...more,
  })
  const chosen = (field: string) => [one.values[field] ?? []].flat()
  const boxes = (options: readonly FieldOption[]) => [
    base('of', 'Any of these', 'checkboxes', { options: withChosen(options, chosen('of')), value: chosen('of') }),
  ]
  const places = (list: readonly { code: string; name: string }[]) =>
    list.map(place => ({ value: place.code, text: place.name === place.code ? place.code : `${place.name} (${place.code})` }))
  const fieldsOf: Readonly<Record<Kind, () => readonly Field[]>> = {
    type: () => boxes(choices.types.map(({ code, plural }) => ({ value: code, text: plural }))),
    region: () => boxes(places(choices.regions)),
    board: () => boxes(places(choices.boards)),
    country: () => boxes(choices.countries.map(value => ({ value, text: value }))),
    organisation: () => [base('of', 'Organisations', 'textarea', { rows: 3, hint: 'Their ODS codes, separated by blanks, commas or new lines.' })],
    partner: () => [
      base('of', 'Looked after by', 'textarea', { rows: 2, hint: 'The ODS codes of the partners. Leave it empty for any partner.', optional: true }),
    ],
    size: () => [
      base('atLeast', 'At least', 'number', { width: 10, hint: 'Staff. Organisations of which it is not known do not fit.', optional: true }),
      base('atMost', 'At most', 'number', { width: 10, optional: true }),
    ],
    technology: () => [
      base('product', 'Product', 'text', { hint: 'Without a maker, the name may be the maker’s: EMIS finds every product of EMIS.' }),
      base('maker', 'Maker', 'text', { optional: true }),
      base('version', 'Version', 'text', { width: 20, optional: true, hint: 'One, or a range: < 3.2, or >= 2.0, < 3.2, or vers:generic/<3.2' }),
      base('unsaid', 'Include those who did not say which version', 'checkbox', {
        hint: 'And those who said too little to tell. Without a version this changes nothing.',
        value: one.values['unsaid'] === 'yes',
      }),
    ],
    threat: () => [
      base('threat', 'Threat', 'text', { hint: 'The address of its page. Only affected versions count, where its sources say which they are.' }),
      base('includes', 'Include those who only may run it', 'checkbox', { value: one.values['includes'] === 'yes' }),
    ],
    role: () => [
      base('role', 'Role', 'select', {
        options: withChosen(
          Object.entries(ROLES).flatMap(([value, { label: text, level }]) => (level === 'centre' ? [] : [{ value, text }])),
          chosen('role'),
        ),
        hint: 'Filled by a person with an account, or by a contact for it.',
      }),
      base('filled', 'Whether somebody fills it', 'select', {
        options: [
          { value: 'yes', text: 'Somebody fills it' },
          { value: 'no', text: 'Nobody fills it' },
        ],
      }),
    ],
    answer: () => [
      base('bulletin', 'Bulletin', 'text', { width: 10, hint: 'Its number, such as CC-5001.' }),
      base('of', 'What they answered', 'checkboxes', {
        value: chosen('of'),
        options: EARLIER_ANSWERS.map(value => ({ value, text: answerLabel(value) })),
      }),
    ],
    saved: () => [
      base('audience', 'Saved audience', 'select', {
        options: withChosen(
          choices.savedAudiences.map(value => ({ value, text: value })),
          chosen('audience'),
        ),
      }),
      base('version', 'Version', 'number', {
        width: 4,
        optional: true,
        hint: 'Leave it empty for the newest. A release keeps the version that it used.',
      }),
    ],
  }
  return fieldsOf[one.kind]()
}

function answerLabel(answer: string): string {
  if (answer === 'silent') return 'No answer yet'
  if (answer === 'unreachable') return 'Could not be reached'
  return isResponseState(answer) ? RESPONSE_STATES[answer].label : answer
}
