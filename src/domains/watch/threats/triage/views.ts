import { addDays, londonDate, type Instant, type LocalDate } from '../../../../kernel/instant.ts'
import type { DateParts, Field } from '../../../../ui/models.ts'
import { THREAT_LIFECYCLE, WATCH_DAYS, type ThreatState } from '../model.ts'
import type { Colleague } from './queries.ts'

/** What was typed in one of the forms and refused: it comes back open, with what was wrong. */
export interface TypedStep {
  readonly action: 'assign' | 'watch'
  readonly message: string
  readonly person: string
  readonly day: DateParts
  readonly note: string
  /** The name of the field that is wrong. */
  readonly pointer: string
}

export interface TriageForm {
  readonly label: string
  readonly action: string
  readonly key: string
  readonly isOpen: boolean
  readonly fields: readonly Field[]
}

/** The actions of the lifecycle that ask for more than why: to whom, and until when. */
export function triageForms(
  threat: { readonly id: string; readonly state: ThreatState; readonly holder_id: string | null; readonly look_again_on: LocalDate | null },
  colleagues: readonly Colleague[],
  now: Instant,
  typed: TypedStep | null,
): readonly TriageForm[] {
  const { assign, watch } = THREAT_LIFECYCLE[threat.state]
  const errorAt = (name: string) => (typed?.pointer === name ? typed.message : undefined)
  const noteOf = (action: TypedStep['action'], name: string): Field => ({
    name,
    label: 'Say why',
    kind: 'textarea',
    rows: 3,
    optional: true,
    value: typed?.action === action ? typed.note : '',
    error: errorAt(name),
  })
  const person: Field = {
    name: 'person',
    label: 'Who is to have it',
    kind: 'select',
    value: typed?.action === 'assign' ? typed.person : '',
    options: [
      { value: '', text: 'Choose' },
      ...colleagues.filter(one => one.id !== threat.holder_id).map(({ id, name }) => ({ value: id, text: name })),
    ],
    error: errorAt('person'),
  }
  const day: Field = {
    name: 'lookAgainOn',
    label: 'Look again on',
    kind: 'date',
    hint: 'It comes back to the top of the queue on that day, or when what to do changes.',
    value: typed?.action === 'watch' ? typed.day : londonDate(addDays(now, WATCH_DAYS)),
    error: errorAt('lookAgainOn'),
  }
  const form = (action: TypedStep['action'], label: string, key: string, fields: readonly Field[]): TriageForm => {
    return { label, action: `/threats/${threat.id}/${action}`, key, isOpen: typed?.action === action, fields }
  }
  return [
    ...(assign === undefined ? [] : [form('assign', assign.label, 'a', [person, noteOf('assign', 'forWhat')])]),
    ...(watch === undefined ? [] : [form('watch', watch.label, 'w', [day, noteOf('watch', 'whatFor')])]),
  ]
}
