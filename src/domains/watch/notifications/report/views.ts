import type { Problem } from '../../../../kernel/problem.ts'
import { asText } from '../../../../kernel/text.ts'
import type { Actor } from '../../../../platform/work/actor.ts'
import type { Field } from '../../../../ui/models.ts'
import { CARE, INCIDENT_KINDS } from '../model.ts'

const CARE_CHOICES = { affected: 'Yes', unknown: 'Not known yet', 'not-affected': 'No' } as const

export interface FormFacts {
  readonly typed: Readonly<Record<string, unknown>>
  readonly problems: readonly Problem[]
  /** For whom the sender is signed in, so that they need not say it. */
  readonly own: { readonly name: string; readonly code: string } | null
  readonly phone: string | null
  readonly proof: string
}

/** The form: what, is care affected, since when, who, may we ring. What can wait stands behind a fold, which opens where something is in it. */
export function formModel({ typed, problems, own, phone, proof }: FormFacts) {
  const field = (name: string) => ({ name, value: asText(typed[name]), error: problems.find(problem => problem.pointer === name)?.message })
  const fields: Field[] = [
    { ...field('what'), label: 'What is happening?', kind: 'textarea', rows: 4, hint: 'A few words will do. Leave out the names of patients.' },
    { ...field('care'), label: 'Is care affected?', kind: 'radios', options: CARE.map(value => ({ value, text: CARE_CHOICES[value] })) },
    { ...field('since'), label: 'Since when?', kind: 'text', width: 20, optional: true, hint: 'Such as 9:30, or yesterday evening' },
    ...(own === null
      ? [{ ...field('organisation'), label: 'Your organisation', kind: 'text' as const, hint: 'Its name or ODS code', autocomplete: 'organization' }]
      : []),
    {
      ...field('mayCall'),
      label: 'May we ring you?',
      kind: 'radios',
      options: [
        { value: 'yes', text: 'Yes', fields: [{ ...field('phone'), label: 'Number to ring', kind: 'tel', width: 20, autocomplete: 'tel' }] },
        { value: 'no', text: 'No' },
      ],
    },
    { ...field('email'), label: 'E-mail address', kind: 'email', optional: true, hint: 'We send your number there', autocomplete: 'email' },
  ]
  const more: Field[] = [
    {
      ...field('kind'),
      label: 'What kind of thing is it?',
      kind: 'select',
      options: Object.entries(INCIDENT_KINDS).map(([value, text]) => ({ value, text })),
    },
    { ...field('name'), label: 'Your name', kind: 'text', optional: true, autocomplete: 'name' },
    { ...field('shareWithRegion'), label: 'Share this with our region too', kind: 'checkbox' },
  ]
  const isOpen = more.some(({ value, error }) => error !== undefined || (value !== '' && value !== 'not-sure'))
  return { fields, more, isOpen, own, phone, values: { proof, ...(own === null ? {} : { organisation: own.code }), writtenAt: '' } }
}

interface OwnDetails {
  readonly organisationName: string | null
  readonly organisationCode: string | null
}

/** Whether the sender is signed in for an organisation, so that it is certain whose incident it is. The others say for whom they report. */
export function isOrganisationsOwn<T extends OwnDetails>(
  actor: Pick<Actor, 'scope'>,
  own: T | undefined,
): own is T & { readonly organisationName: string; readonly organisationCode: string } {
  return actor.scope.kind === 'organisation' && own !== undefined && own.organisationName !== null && own.organisationCode !== null
}
