import type { Problem } from '../../../kernel/problem.ts'
import type { Field, TableModel } from '../../../ui/models.ts'
import { statusLabel } from '../frameworks/model.ts'
import { coefficientText } from '../veracity.ts'
import type { BothViews } from './model.ts'
import type { PairStatistics } from './statistics.ts'

export const MODERATION = '/moderation'

export function moderationModel(
  views: readonly BothViews[],
  statistics: readonly PairStatistics[],
  nameOf: (id: string) => string,
  typed: Readonly<Record<string, unknown>>,
  problems: readonly Problem[],
) {
  const apart = views.filter(({ first, second }) => first !== second)
  return {
    total: views.length,
    csvHref: `${MODERATION}.csv`,
    table: {
      caption: 'How far you agree with each other assessor',
      head: [
        { text: 'With' },
        { text: 'Framework' },
        { text: 'Outcomes', format: 'numeric' },
        { text: 'The same' },
        { text: 'Kappa, weighted' },
        { text: 'AC2' },
        { text: 'You milder', format: 'numeric' },
        { text: 'You stricter', format: 'numeric' },
      ],
      rows: statistics.map(one => [
        { text: nameOf(one.other), hint: one.reviews === 1 ? '1 review' : `${one.reviews} reviews` },
        one.framework,
        one.n,
        one.same === null ? null : `${Math.round(one.same * 100)}%`,
        coefficientText(one.kappa, one.n),
        coefficientText(one.ac1, one.n),
        one.milder,
        one.stricter,
      ]),
    } satisfies TableModel,
    apart: apart.map((one, at) => {
      const key = `${one.assessmentId}-${one.code}`
      const mine = typed['key'] === key
      const error = (name: string) => (mine ? problems.find(({ pointer }) => pointer === `${name}-${at}`)?.message : undefined)
      return {
        heading: `${one.organisation}, ${one.code} ${one.title}`,
        rows: [
          { key: 'The first assessor', value: statusLabel(one.levels, one.first) },
          { key: 'The second assessor', value: statusLabel(one.levels, one.second) },
          {
            key: 'Held after talking',
            value: one.moderated === null ? 'Not yet' : { text: statusLabel(one.levels, one.moderated), hint: `${one.reason} (${one.moderatedBy})` },
          },
        ],
        form:
          one.kind === 'second'
            ? null
            : {
                action: `${MODERATION}/${one.assessmentId}/${encodeURIComponent(one.code)}`,
                submit: 'Write down what you hold',
                values: { at: String(at), key },
                fields: [
                  {
                    name: `status-${at}`,
                    kind: 'select',
                    label: 'What do you both hold?',
                    value: mine && typeof typed[`status-${at}`] === 'string' ? String(typed[`status-${at}`]) : (one.moderated ?? ''),
                    error: error('status'),
                    options: [
                      { value: '', text: 'Choose' },
                      ...one.outcomeLevels.map(level => ({ value: level, text: statusLabel(one.levels, level) })),
                    ],
                  },
                  {
                    name: `reason-${at}`,
                    kind: 'textarea',
                    label: 'Why?',
                    rows: 3,
                    value: mine && typeof typed[`reason-${at}`] === 'string' ? String(typed[`reason-${at}`]) : '',
                    error: error('reason'),
                  },
                ] satisfies readonly Field[],
              },
      }
    }),
  }
}
