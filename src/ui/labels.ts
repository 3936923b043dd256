import { parseTlp } from '../kernel/tlp.ts'
import { sentence } from './filters/words.ts'

/** The colours that the NHS tag offers. */
export type TagColour = 'white' | 'grey' | 'green' | 'aqua-green' | 'blue' | 'purple' | 'pink' | 'red' | 'orange' | 'yellow'

/** A short word in a coloured box. The word carries the meaning; the colour only helps. */
export interface Tag {
  readonly text: string
  readonly colour: TagColour
}

type TagTable = Readonly<Record<string, Tag>>

/** The severities of `kernel/severity.ts`. */
const SEVERITY: TagTable = {
  critical: { text: 'Critical', colour: 'red' },
  high: { text: 'High', colour: 'red' },
  medium: { text: 'Medium', colour: 'orange' },
  low: { text: 'Low', colour: 'blue' },
  information: { text: 'Information only', colour: 'grey' },
}

/** How pressing a threat is: the words of the watch domain, each in a colour of its own. */
const PRIORITY: TagTable = {
  'act-now': { text: 'Act now', colour: 'red' },
  urgent: { text: 'Urgent', colour: 'orange' },
  high: { text: 'High', colour: 'yellow' },
  medium: { text: 'Medium', colour: 'blue' },
  low: { text: 'Low', colour: 'grey' },
}

/** Where an organisation stands on a bulletin. Choosing not to act is an answer, so it is not red; silence is. */
const RESPONSE: TagTable = {
  silent: { text: 'No answer yet', colour: 'red' },
  unreachable: { text: 'Cannot be reached', colour: 'purple' },
  acknowledged: { text: 'Acknowledged', colour: 'blue' },
  assessing: { text: 'Assessing', colour: 'blue' },
  'in-progress': { text: 'In progress', colour: 'yellow' },
  done: { text: 'Done', colour: 'green' },
  'not-applicable': { text: 'Not applicable', colour: 'grey' },
  'not-acting': { text: 'Chose not to act', colour: 'white' },
}

/** Where one message to one contact has got to. */
const DELIVERY: TagTable = {
  queued: { text: 'Queued', colour: 'grey' },
  sending: { text: 'Sending', colour: 'blue' },
  sent: { text: 'Sent', colour: 'green' },
  delivered: { text: 'Delivered', colour: 'green' },
  bounced: { text: 'Came back', colour: 'red' },
  failed: { text: 'Failed, will be tried again', colour: 'orange' },
  'given-up': { text: 'Given up', colour: 'red' },
}

export function severityTag(value: string): Tag {
  return look(SEVERITY, value)
}

export function priorityTag(value: string): Tag {
  return look(PRIORITY, value)
}

export function responseTag(value: string): Tag {
  return look(RESPONSE, value)
}

export function deliveryTag(value: string): Tag {
  return look(DELIVERY, value)
}

/** The class that gives a TLP label its colour. A label that is not understood looks like the most closed one. */
export function tlpClass(label: string): string {
  return `app-tlp--${(parseTlp(label) ?? 'RED').toLowerCase().replace('+strict', '')}`
}

/** Statuses that no table knows are shown as they are, in grey. */
function look(table: TagTable, value: string): Tag {
  return table[value.toLowerCase().replaceAll(/[\s_]+/g, '-')] ?? { text: sentence(value), colour: 'grey' }
}
