import type { Problem } from '../../../../kernel/problem.ts'
import { TLP } from '../../../../kernel/tlp.ts'
import { asList, readForm } from '../../../../platform/forms/form.ts'
import type { Field } from '../../../../ui/models.ts'
import { AudienceRule, EMPTY_RULE } from '../../audience/model.ts'
import type { Typed } from '../fields.ts'
import { SEVERITIES, severityLabel } from '../model.ts'
import { HoldingInput, type HoldingTemplate } from './model.ts'

/** What the page was given to choose from. */
export interface HoldingChoices {
  readonly templates: readonly HoldingTemplate[]
  readonly types: readonly { readonly code: string; readonly plural: string }[]
  readonly saved: readonly string[]
  /** Whoever runs what the threat is about; `null` without a threat, or where nobody does. */
  readonly suggested: AudienceRule | null
}

export type HoldingForm =
  | { readonly ok: true; readonly template: HoldingTemplate; readonly words: HoldingInput; readonly rule: AudienceRule }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Reads the page as it was typed. Every problem points at the field where it is mended. */
export function readHolding(body: Typed, choices: HoldingChoices): HoldingForm {
  const wrong = (pointer: string, message: string): Problem => ({ rule: 'form.field', pointer, severity: 'error', message })
  const template = choices.templates.find(known => templateValue(known) === body['template'])
  const words = readForm(HoldingInput, { ...body, what: body['what'] ?? '', who: body['who'] ?? '', do: body['do'] ?? '' })
  const rule = ruleFrom(body, choices)
  if (template !== undefined && words.ok && typeof rule !== 'string') return { ok: true, template, words: words.value, rule }
  return {
    ok: false,
    problems: [
      ...(template === undefined ? [wrong('template', 'Choose a template')] : []),
      ...(words.ok ? [] : words.problems),
      ...(typeof rule === 'string' ? [wrong(body['to'] === 'types' ? 'types' : 'to', rule)] : []),
    ],
  }
}

function ruleFrom(body: Typed, choices: HoldingChoices): AudienceRule | string {
  const to = typeof body['to'] === 'string' ? body['to'] : ''
  if (to === 'suggested' && choices.suggested !== null) return choices.suggested
  if (to === 'everyone') return typeRule(choices.types.map(({ code }) => code))
  if (to === 'types') {
    const types = asList(body['types']).filter(code => choices.types.some(type => type.code === code))
    return types.length === 0 ? 'Choose at least one type' : typeRule(types)
  }
  const audience = to.startsWith('saved:') ? to.slice('saved:'.length) : ''
  if (choices.saved.includes(audience)) return AudienceRule.parse({ ...EMPTY_RULE, match: { is: 'saved', audience } })
  return 'Choose who gets it'
}

function typeRule(of: readonly string[]): AudienceRule {
  return AudienceRule.parse({ ...EMPTY_RULE, match: { is: 'type', of } })
}

function templateValue({ code, version }: HoldingTemplate): string {
  return `${code}:${version}`
}

/** The fields of the page, in the order in which one fills them in. */
export function holdingFields(body: Typed, choices: HoldingChoices, problems: readonly Problem[]): readonly Field[] {
  const errorOf = (name: string) => problems.find(problem => problem.pointer === name)?.message
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : '')
  const line = (name: string, label: string, hint: string): Field => ({
    name,
    label,
    kind: 'text',
    hint,
    value: text(name),
    error: errorOf(name),
  })
  return [
    {
      name: 'template',
      label: 'Template',
      kind: 'radios',
      options: choices.templates.map(template => ({
        value: templateValue(template),
        text: template.name,
        hint: `${template.what} ${template.toDo}`,
      })),
      value: text('template'),
      error: errorOf('template'),
    },
    line('what', 'What has happened', 'A few words, such as: a flaw in Larch Records lets strangers sign in'),
    line('who', 'Whom it may concern', 'Such as: anyone who runs Larch Records'),
    line('do', 'What to do now', 'Such as: look at this page at 15:00, and tell your on-call manager'),
    {
      name: 'severity',
      label: 'Severity',
      kind: 'select',
      options: SEVERITIES.map(value => ({ value, text: severityLabel(value) })),
      value: text('severity') || 'high',
      error: errorOf('severity'),
    },
    {
      name: 'tlp',
      label: 'TLP label',
      kind: 'select',
      hint: 'Above GREEN, the mail carries only a notice and a link.',
      options: TLP.map(value => ({ value, text: `TLP:${value}` })),
      value: text('tlp') || 'GREEN',
      error: errorOf('tlp'),
    },
    {
      name: 'to',
      label: 'Who gets it',
      kind: 'radios',
      options: [
        ...(choices.suggested === null ? [] : [{ value: 'suggested', text: 'Those who run what the threat is about' }]),
        { value: 'everyone', text: 'The whole sector' },
        {
          value: 'types',
          text: 'Organisations of some types',
          fields: [
            {
              name: 'types',
              label: 'Types',
              kind: 'checkboxes',
              options: choices.types.map(({ code, plural }) => ({ value: code, text: plural })),
              value: asList(body['types']),
              error: errorOf('types'),
            } satisfies Field,
          ],
        },
        ...choices.saved.map(name => ({ value: `saved:${name}`, text: `The audience “${name}”` })),
      ],
      value: text('to'),
      error: errorOf('to'),
    },
  ]
}
