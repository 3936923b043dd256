import { z } from 'zod'
import type { Problem } from '../../../kernel/problem.ts'
import { cleanLine } from '../../../kernel/text.ts'
import { SEVERITIES } from '../bulletins/model.ts'
import { EVENT_TYPES, EVENT_WORDS, SEVERITY_CHOICES, WEBHOOK_KINDS } from './model.ts'

const several = z
  .union([z.string(), z.array(z.string())])
  .default([])
  .transform(values => [values].flat().filter(value => value !== ''))

const choices = {
  name: z.string('Enter a name').transform(cleanLine).pipe(z.string().min(1, 'Enter a name').max(100, 'Use 100 characters or fewer')),
  events: several.pipe(z.array(z.enum(EVENT_TYPES, 'Choose from the list')).min(1, 'Choose at least one thing to be told of')),
  leastSeverity: z.enum(SEVERITIES, 'Choose which bulletins'),
  takesExercises: z
    .union([z.literal('yes'), z.literal('')])
    .optional()
    .transform(value => value === 'yes'),
}

export const changeWebhookForm = z.object(choices)

export const addWebhookForm = z.object({
  ...choices,
  kind: z.enum(WEBHOOK_KINDS, 'Choose what receives it'),
  address: z.string('Enter the address').trim().min(1, 'Enter the address'),
})

const HOURS = ['1', '24', '72', '168', '720'] as const
const HOUR_WORDS: Readonly<Record<(typeof HOURS)[number], string>> = {
  1: 'The last hour',
  24: 'The last 24 hours',
  72: 'The last three days',
  168: 'The last week',
  720: 'The last 30 days',
}

export const replayForm = z.object({
  hours: z.enum(HOURS, 'Choose how far back').transform(Number),
  which: z.enum(['given-up', 'all'], 'Choose which messages'),
})

type Typed = Readonly<Record<string, unknown>>

function picker(typed: Typed, problems: readonly Problem[]) {
  return (name: string) => ({
    name,
    value: typed[name] as string | readonly string[] | undefined,
    error: problems.find(({ pointer }) => pointer === name)?.message,
  })
}

/** The fields to change an endpoint. */
export function changeFields(typed: Typed, problems: readonly Problem[]) {
  const field = picker(typed, problems)
  return [
    { ...field('name'), label: 'Name', kind: 'text' as const, hint: 'What your colleagues call it, such as "Service desk"', maxlength: 100 },
    {
      ...field('events'),
      label: 'Tell it when',
      kind: 'checkboxes' as const,
      options: EVENT_TYPES.map(type => ({ value: type, text: EVENT_WORDS[type], hint: type })),
    },
    {
      ...field('leastSeverity'),
      label: 'Of which bulletins',
      kind: 'radios' as const,
      options: SEVERITIES.map(severity => ({ value: severity, text: SEVERITY_CHOICES[severity] })),
    },
    {
      ...field('takesExercises'),
      value: typed['takesExercises'] === 'yes' || typed['takesExercises'] === true,
      label: 'Exercises too, marked as such',
      kind: 'checkbox' as const,
    },
  ]
}

/** The fields to add one. */
export function addFields(typed: Typed, problems: readonly Problem[]) {
  const field = picker(typed, problems)
  return [
    {
      ...field('kind'),
      label: 'What receives it',
      kind: 'radios' as const,
      options: [
        { value: 'hmac', text: 'Our own program or product', hint: 'Signed with a secret that both of us know (Standard Webhooks, whsec_).' },
        {
          value: 'ed25519',
          text: 'Our own program, with a public key',
          hint: 'Signed so that you hold no secret at all (Standard Webhooks, whpk_).',
        },
        {
          value: 'teams',
          text: 'A channel of Microsoft Teams',
          hint: 'In Teams make a workflow of the kind "Send webhook alerts to a channel", and copy its address.',
        },
      ],
    },
    {
      ...field('address'),
      label: 'Address',
      kind: 'text' as const,
      hint: 'It begins with https:// and can be reached from the internet. It is kept sealed, and only its host is shown again.',
    },
    ...changeFields(typed, problems),
  ]
}

/** The fields to send a range again. */
export function replayFields() {
  return [
    {
      name: 'hours',
      label: 'From',
      kind: 'select' as const,
      value: '24',
      options: HOURS.map(hours => ({ value: hours, text: HOUR_WORDS[hours] })),
    },
    {
      name: 'which',
      label: 'Which',
      kind: 'radios' as const,
      value: 'given-up',
      options: [
        { value: 'given-up', text: 'Those that were given up' },
        { value: 'all', text: 'All of them', hint: 'Each keeps its id, so a receiver that has it can tell.' },
      ],
    },
  ]
}
