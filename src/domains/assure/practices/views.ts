import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { withQuery } from '../../../ui/links.ts'
import type { Field } from '../../../ui/models.ts'
import type { Offer, OwnPractice } from './queries.ts'

const PATH = '/practices'

export interface Type {
  readonly code: string
  readonly name: string
}
export interface Outcome {
  readonly code: string
  readonly title: string
}

/** What others do well, and what the reader's own organisation offers. */
export function listModel(
  { found, own, types }: { readonly found: Page<Offer>; readonly own: readonly OwnPractice[]; readonly types: readonly Type[] },
  query: { readonly q: string; readonly type: string; readonly outcome: string; readonly cursor: string | null },
) {
  const { cursor, ...keep } = query
  const isNarrowed = query.q !== '' || query.type !== '' || query.outcome !== ''
  const typeName = new Map(types.map(({ code, name }) => [code, name]))
  return {
    total: found.total,
    isNarrowed,
    clearHref: PATH,
    csvHref: withQuery(`${PATH}.csv`, keep),
    firstHref: cursor === null ? null : withQuery(PATH, keep),
    nextHref: found.next === null ? null : withQuery(PATH, keep, { cursor: found.next }),
    filters: {
      action: PATH,
      search: { label: 'Search', value: query.q, hint: 'Words of what they do, or of an outcome' },
      selects: [
        {
          name: 'type',
          label: 'Organisations like',
          value: query.type,
          options: [{ value: '', text: 'Any' }, ...types.map(({ code, name }) => ({ value: code, text: name }))],
        },
      ],
      keep: { outcome: query.outcome },
      clearHref: isNarrowed ? PATH : undefined,
    },
    outcome: query.outcome,
    offers: found.rows.map(offer => ({
      ...offer,
      by: offer.organisationName ?? `Without a name: ${typeName.get(offer.organisationType) ?? offer.organisationType}`,
    })),
    own: own.map(practice => ({
      ...practice,
      stands:
        practice.state === 'offered'
          ? practice.offerId === null
            ? 'It waits for two others of your type, so that nobody can tell whose it is'
            : 'Others see it'
          : 'Not offered',
      actions:
        practice.state === 'offered'
          ? [
              {
                label: `Take back ${practice.title}`,
                href: `${PATH}/${practice.id}/withdraw`,
                method: 'post' as const,
                variant: 'secondary' as const,
              },
            ]
          : [],
    })),
  }
}

/** The form, and with `isPreview` what others will see, to be confirmed. */
export function offerModel(of: {
  readonly assessmentId: string
  readonly outcomes: readonly Outcome[]
  readonly organisation: string
  readonly typed: Readonly<Record<string, unknown>>
  readonly problems: readonly Problem[]
  readonly isPreview: boolean
}) {
  const text = (name: string) => (typeof of.typed[name] === 'string' ? of.typed[name] : '')
  const given = (name: string) => ({ name, value: text(name), error: of.problems.find(({ pointer }) => pointer === name)?.message })
  const action = `/assessments/${of.assessmentId}/practices/offer`
  const fields: readonly Field[] = [
    {
      ...given('outcome'),
      kind: 'select',
      label: 'What it is good practice for',
      options: [{ value: '', text: 'Choose' }, ...of.outcomes.map(({ code, title }) => ({ value: code, text: `${code} ${title}` }))],
    },
    { ...given('title'), kind: 'text', label: 'Title' },
    {
      ...given('what'),
      kind: 'textarea',
      label: 'What you do',
      hint: 'Write nothing that says who you are, if you offer it without your name',
      rows: 6,
    },
    { ...given('helped'), kind: 'textarea', label: 'What it helped', rows: 3, optional: true },
    {
      ...given('named'),
      kind: 'radios',
      label: 'Your name',
      options: [
        { value: 'yes', text: 'Stands beside it' },
        {
          value: 'no',
          text: 'Is not told to anybody',
          hint: 'Others see your type of organisation. It appears by night, together with those of at least two others of your type',
        },
      ],
    },
  ]
  const values = Object.fromEntries(['outcome', 'title', 'what', 'helped', 'named', 'finding'].map(name => [name, text(name)]))
  return {
    backHref: PATH,
    form: { action, fields, values: { finding: text('finding') }, submit: 'See it as others will', cancelHref: PATH },
    preview: of.isPreview
      ? {
          title: text('title'),
          what: text('what'),
          helped: text('helped'),
          by: text('named') === 'yes' ? of.organisation : 'Without a name',
          outcome: text('outcome'),
          confirm: { action, fields: [], values: { ...values, step: 'offer' }, submit: 'Offer it', autosave: false },
        }
      : null,
  }
}
