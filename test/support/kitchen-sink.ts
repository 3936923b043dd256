import { instantFromMillis } from '../../src/kernel/instant.ts'
import type { Instant } from '../../src/kernel/instant.ts'
import { sortColumn } from '../../src/ui/links.ts'
import type { Action, BarSegment, Field, TableModel } from '../../src/ui/models.ts'
import type { PageShell } from '../../src/ui/shell.ts'

/** A point in time, so many hours from the time of the sample page. */
function hours(count: number): Instant {
  const at = instantFromMillis(Date.UTC(2018, 3, 5, 8, 2) + count * 3_600_000)
  if (at === undefined) throw new Error('Not a time')
  return at
}

/** A page frame whose every text is `words`. */
export function sampleShell(words: string): PageShell {
  return {
    productName: words,
    pageTitle: words,
    csrfToken: words,
    notice: words,
    exercise: true,
    sample: true,
    requestId: words,
    now: hours(0),
    navigation: [
      { label: words, href: '/', current: true },
      { label: 'Threats', href: '/threats', current: false },
    ],
    moreNavigation: [{ label: words, href: '/jobs', current: false }],
    mailbox: '/mailbox',
    account: { name: words, acting: words, roleLabel: words, canSwitch: true },
    problems: [
      { rule: 'x', pointer: 'title', severity: 'error', message: words },
      { rule: 'x', pointer: '', severity: 'error', message: words },
    ],
  }
}

/** A model for `kitchen-sink.njk` whose every free text is `words`. */
export function sampleModel(words: string): object {
  return {
    shell: sampleShell(words),
    words,
    past: hours(-50),
    future: hours(5),
    segments: segments(words),
    table: sampleTable(words, 3),
    actionList: actions(words),
    fields: fields(words),
    ...lists(words),
  }
}

export function sampleTable(words: string, count: number): TableModel {
  const query = { q: words }
  return {
    caption: words,
    head: [
      sortColumn({ text: words }, 'title', '/threats', query),
      { text: 'Priority' },
      sortColumn({ text: 'Run it', format: 'numeric' }, 'runs', '/threats', { sort: '-runs' }),
      { text: 'Seen' },
      { text: 'Answers' },
      { text: 'TLP' },
    ],
    rows: Array.from({ length: count }, (_, index) => [
      { text: words, href: `/threats/${index}`, hint: words },
      {
        tags: [
          { text: words, colour: 'red' as const },
          { text: 'KEV', colour: 'grey' as const },
        ],
      },
      index * 137,
      { at: hours(-index) },
      { bar: segments(words) },
      index % 2 === 0 ? null : { tlp: 'AMBER' },
    ]),
  }
}

function segments(words: string): BarSegment[] {
  return [
    { label: words, count: 40, tone: 'done', href: '/done', name: 'done' },
    { label: 'silent', count: 300, tone: 'silent', name: 'silent' },
    { label: 'cannot be reached', count: 0, tone: 'unreachable' },
  ]
}

function actions(words: string): Action[] {
  return [
    { label: words, href: '/send', method: 'post', values: { version: words } },
    { label: 'Draft a bulletin', href: '/draft' },
    { label: 'Dismiss', href: '/dismiss', method: 'post', reason: 'required', key: 'd' },
    { label: 'Withdraw', href: '/withdraw', method: 'post', variant: 'warning' },
  ]
}

function fields(words: string): Field[] {
  const options = [
    { value: 'high', text: words, hint: words },
    { value: 'low', text: 'Low', divider: 'or', fields: [{ name: 'why', label: words, kind: 'textarea' as const, value: `${words}\n  two` }] },
  ]
  return [
    { name: 'title', label: words, kind: 'text', hint: words, value: words, error: words },
    { name: 'body', label: 'Body', kind: 'markdown', value: `${words}\n  indented\n\n- list` },
    { name: 'note', label: 'Note', kind: 'textarea', maxlength: 200, value: `${words}\n  two` },
    { name: 'severity', label: 'Severity', kind: 'radios', value: 'high', options },
    { name: 'types', label: 'Types', kind: 'checkboxes', value: ['high'], options: options.slice(0, 1) },
    { name: 'region', label: 'Region', kind: 'select', value: 'low', options, optional: true },
    { name: 'due', label: 'Due', kind: 'date', value: '2018-04-07', error: words },
    { name: 'sure', label: 'I have checked it', kind: 'checkbox', value: true },
    { name: 'file', label: 'File', kind: 'file', accept: '.csv' },
    { name: 'password', label: 'Password', kind: 'password' },
    { name: 'email', label: 'Email', kind: 'email', value: words },
    { name: 'count', label: 'Count', kind: 'number', value: 4, width: 4 },
    { name: 'code', label: 'Code', kind: 'code' },
    { name: 'secret', label: '', kind: 'hidden', value: words },
  ]
}

function lists(words: string): object {
  const options = [
    { value: '', text: 'Any' },
    { value: 'open', text: words },
  ]
  return {
    rows: [
      { key: words, value: words, change: { href: '/change' } },
      { key: 'Seen', value: { at: hours(-3), hint: words } },
      { key: 'Count', value: 1204 },
      { key: 'Who', value: null },
    ],
    filters: {
      action: '/threats',
      search: { label: words, value: words, hint: words },
      keep: { sort: words },
      clearHref: '/threats',
      selects: [{ name: 'state', label: words, value: 'open', options }],
      checkboxes: [{ name: 'type', label: words, values: ['open'], options }],
    },
  }
}
