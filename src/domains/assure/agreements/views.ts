import type { Problem } from '../../../kernel/problem.ts'
import type { Tag } from '../../../ui/labels.ts'
import type { Field, TableModel } from '../../../ui/models.ts'
import { statusLabel, type Level } from '../frameworks/model.ts'
import { SIGNED_PARTS, sideOf, standingOf, warningOf, type AgreedLine, type AgreedReview, type Signature } from './model.ts'

export function agreementAddress(assessmentId: string, rest = ''): string {
  return `/assessments/${assessmentId}/agreement${rest}`
}

const TONES = { good: 'green', partial: 'yellow', bad: 'red' } as const satisfies Readonly<Record<Level['tone'], Tag['colour']>>

function statusTag(levels: readonly Level[], status: string | null): Tag {
  if (status === null) return { text: 'To be decided', colour: 'orange' }
  const level = levels.find(({ code }) => code === status)
  return { text: statusLabel(levels, status), colour: level === undefined ? 'grey' : TONES[level.tone] }
}

export function agreementModel(
  review: AgreedReview,
  actor: { readonly id: string; readonly organisationId: string | null; readonly maySign: boolean },
) {
  const { assessment, framework, lines, signatures, changes, hash } = review
  const standing = standingOf(review)
  const side = sideOf(actor, review)
  const open = lines.filter(({ status }) => status === null)
  const isNow = ['agreeing', 'agreed'].includes(assessment.state)
  const hasSigned = signatures.some(one => one.hash === hash && one.side === side)
  return {
    backHref: side === 'organisation' ? `/assessments/${assessment.id}` : `/independent/${review.engagement.id}`,
    caption: `${review.organisation.name}, ${framework.name} ${framework.version}, ${assessment.period}`,
    warning: warningOf(standing),
    isVoid: standing === 'void' || standing === 'changed',
    isSigned: standing === 'signed',
    open: open.length,
    hash,
    parts: SIGNED_PARTS,
    reportHref: `/assessments/${assessment.id}/report`,
    contentHref: agreementAddress(assessment.id, '/content.json'),
    sign:
      actor.maySign && isNow && open.length === 0 && !hasSigned
        ? { href: agreementAddress(assessment.id, '/sign'), label: side === 'organisation' ? 'Sign for the organisation' : 'Sign as the assessor' }
        : null,
    table: {
      caption: 'Outcomes',
      captionHidden: true,
      head: [{ text: 'Outcome' }, { text: 'The organisation' }, { text: 'The assessor' }, { text: 'Agreed' }],
      rows: [...open, ...lines.filter(({ status }) => status !== null)].map(line => [
        { text: `${line.outcome.code} ${line.outcome.title}`, href: agreementAddress(assessment.id, `/${encodeURIComponent(line.outcome.code)}`) },
        { tags: [statusTag(framework.levels, line.self)] },
        { tags: [statusTag(framework.levels, line.independent)] },
        {
          tags: [statusTag(framework.levels, line.status)],
          hint:
            line.decided === null
              ? line.status === null
                ? undefined
                : 'Both say so'
              : `Decided by ${line.decided.byName || 'somebody outside the pages'}`,
        },
      ]),
    } satisfies TableModel,
    signatures: {
      caption: 'Signatures',
      captionSize: 's',
      head: [{ text: 'Who' }, { text: 'For' }, { text: 'When' }, { text: 'Holds' }],
      rows: signatures.map((one: Signature) => [
        one.name,
        one.side === 'organisation' ? one.body : `The assessor, ${one.body}`,
        { at: one.at },
        {
          tags: [
            one.hash === hash ? { text: 'For this content', colour: 'green' as const } : { text: 'For an earlier content', colour: 'grey' as const },
          ],
          hint: one.hash.slice(0, 16),
        },
      ]),
    } satisfies TableModel,
    changes: {
      caption: 'Changes to what is agreed',
      captionSize: 's',
      head: [{ text: 'Outcome' }, { text: 'Who' }, { text: 'When' }],
      rows: changes.map(({ outcomeCode, byName, at }) => [outcomeCode, byName, { at }]),
    } satisfies TableModel,
    isUnrecorded: standing === 'void' && isUnrecorded(review),
  }
}

export function decideModel(review: AgreedReview, line: AgreedLine, typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]) {
  const { assessment, framework, findings } = review
  const { outcome, decided } = line
  const value = (name: string, otherwise: string) => (typeof typed[name] === 'string' ? typed[name] : otherwise)
  const error = (name: string) => problems.find(({ pointer }) => pointer === name)?.message
  const suggested = decided?.status ?? (line.self === line.independent ? line.self : '')
  return {
    backHref: agreementAddress(assessment.id),
    code: outcome.code,
    title: outcome.title,
    difference: line.difference,
    tags: {
      self: statusTag(framework.levels, line.self),
      independent: statusTag(framework.levels, line.independent),
      agreed: statusTag(framework.levels, line.status),
    },
    findings: findings
      .filter(({ outcomeCode }) => outcomeCode === outcome.code)
      .map(({ kind, what, advice }) => ({ kind: kind === 'finding' ? 'Finding' : 'Strength', what, advice })),
    isSigned: standingOf(review) === 'signed',
    form: ['agreeing', 'agreed'].includes(assessment.state)
      ? {
          action: agreementAddress(assessment.id, `/${encodeURIComponent(outcome.code)}`),
          submit: 'Say that this is agreed',
          cancelHref: agreementAddress(assessment.id),
          values: { revision: String(decided?.revision ?? 0) },
          fields: [
            {
              name: 'status',
              kind: 'radios',
              label: 'What do you agree?',
              value: value('status', suggested),
              error: error('status'),
              options: [...outcome.levels, 'not-applicable'].map(level => ({ value: level, text: statusLabel(framework.levels, level) })),
            },
            {
              name: 'text',
              kind: 'textarea',
              label: 'What is said about it',
              rows: 4,
              optional: true,
              value: value('text', decided?.text ?? ''),
              error: error('text'),
            },
            { name: 'why', kind: 'textarea', label: 'Why is it decided so?', rows: 3, value: value('why', ''), error: error('why') },
          ] satisfies readonly Field[],
        }
      : null,
    said: decided,
  }
}

/** Whether no page says who changed it since what does not hold any more was signed. */
function isUnrecorded({ changes, signatures, hash }: AgreedReview): boolean {
  const earlier = signatures.filter(one => one.hash !== hash)
  return !changes.some(change => earlier.every(({ at }) => change.at > at))
}
