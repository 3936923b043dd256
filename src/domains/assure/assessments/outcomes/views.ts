import { may, type Actor } from '../../../../platform/work/actor.ts'
import type { Level } from '../../frameworks/model.ts'
import { statusLabel } from '../../frameworks/model.ts'
import { meets, type ScoringStep } from '../../frameworks/scoring.ts'
import { sectionsFor } from '../../sections.ts'
import type { Comment } from '../comments/queries.ts'
import { ANSWERS, seesOnlyGiven, type Assessment, type GivenAnswer, type Answer } from '../model.ts'
import { assessmentPath, outcomePath, stateTag, statusTag, titleOf } from '../views.ts'
import type { AnswerChange, AnsweredIndicator, Aside, Neighbour, OutcomeDetail, Person } from './model.ts'

export interface OutcomeParts {
  readonly assessment: Assessment
  readonly detail: OutcomeDetail
  readonly people: readonly (Person & { readonly part: 'owner' | 'respondent' })[]
  readonly colleagues: readonly Person[]
  readonly comments: readonly Comment[]
  readonly history: readonly AnswerChange[]
  /** The statements that last year were asked in other words, with those words. */
  readonly changedWords: ReadonlyMap<string, string>
  readonly actor: Actor
  /** What was sent and could not be taken, by the names of the fields. */
  readonly typed: Readonly<Record<string, string>>
}

const ANSWER_WORDS: Readonly<Record<Answer, string>> = { yes: 'Yes', no: 'No', 'not-applicable': 'Does not apply' }

export function outcomeView(parts: OutcomeParts) {
  const { assessment, detail, people, colleagues, comments, actor } = parts
  const { outcome, place } = detail
  const path = outcomePath(assessment.id, outcome.code)
  const mayAnswer = may(actor, 'assure.assessment.answer') && assessment.state === 'open'
  return {
    sections: sectionsFor(actor),
    title: `${outcome.code} ${outcome.title}`,
    detailCode: outcome.code,
    caption: detail.groups.map(group => group.title).join(' · '),
    description: outcome.description,
    reviewTitle: titleOf(assessment),
    reviewHref: assessmentPath(assessment.id),
    state: stateTag(assessment.state),
    isOpen: assessment.state === 'open',
    path,
    savesTo: `/api/v1${path}/answers`,
    mayAnswer,
    mayGive: may(actor, 'assure.assessment.open') && !['closed', 'withdrawn'].includes(assessment.state),
    isContributor: seesOnlyGiven(actor),
    status: statusView(detail),
    lists: listsOf(parts, mayAnswer),
    summary: parts.typed['summary'] ?? detail.summary,
    summaryRevision: detail.summaryRevision,
    isSummaryUnconfirmed: detail.isSummaryUnconfirmed,
    summaryAsides: asidesFor(detail.asides, ''),
    waiting: detail.indicators.filter(one => one.whyNotCounted === 'unconfirmed').length + Number(detail.isSummaryUnconfirmed),
    people,
    colleagues: [{ value: '', text: 'Choose a colleague' }, ...colleagues.map(({ id, name }) => ({ value: id, text: name }))],
    comments,
    mayComment: may(actor, 'assure.assessment.answer') && assessment.state !== 'withdrawn',
    commentTyped: parts.typed['comment'] ?? '',
    commentError: parts.typed['commentError'] ?? null,
    history: parts.history.map(changeLine),
    previous: neighbour(assessment, place.before),
    next: neighbour(assessment, place.after),
    place,
  }
}

function neighbour(assessment: Assessment, outcome: Neighbour | null) {
  return outcome === null ? null : { href: outcomePath(assessment.id, outcome.code), label: `${outcome.code} ${outcome.title}` }
}

/** What comes out, why, and what would change it: the part of the page that follows each answer. */
export function statusView(detail: OutcomeDetail) {
  const { scored, indicators, target, isComplete, levels } = detail
  const open = indicators.filter(one => one.whyNotCounted !== null)
  const asked = target === null ? null : statusLabel(levels, target)
  return {
    tag: statusTag(levels, scored.status),
    isComplete,
    answered: indicators.length - open.length,
    of: indicators.length,
    open: open.map(linkTo),
    withoutReason: open.filter(one => one.whyNotCounted === 'no-reason').map(linkTo),
    asked,
    gap: target === null || scored.status === 'unanswered' ? null : meets(levels, scored.status, target) ? 'met' : 'below',
    why: whyOf(detail),
    changes: scored.changes.map(change => ({
      level: statusLabel(levels, change.level),
      isTarget: change.level === target,
      yes: linksTo(
        detail,
        change.answers.filter(one => one.to === 'yes').map(one => one.code),
      ),
      no: linksTo(
        detail,
        change.answers.filter(one => one.to === 'no').map(one => one.code),
      ),
    })),
  }
}

const LINKS_SHOWN = 8

/** Links to the very statements, and how many more there are. */
function linksTo({ indicators }: OutcomeDetail, codes: readonly string[]) {
  const wanted = new Set(codes)
  const all = indicators.filter(({ code }) => wanted.has(code)).map(linkTo)
  return { links: all.slice(0, LINKS_SHOWN), more: Math.max(all.length - LINKS_SHOWN, 0), total: all.length }
}

function linkTo({ code, text }: { readonly code: string; readonly text: string }) {
  return { code, text, href: `#i-${code}` }
}

function whyOf(detail: OutcomeDetail) {
  const { levels } = detail
  const { status, because } = detail.scored
  const label = statusLabel(levels, status)
  const none = linksTo(detail, [])
  if (status === 'unanswered') return { words: 'Nothing is answered yet.', by: none, lacking: [] }
  if (status === 'not-applicable') return { words: 'You said of every statement that it does not apply.', by: none, lacking: [] }
  const lacking = because.failed.flatMap(({ step, lacking: codes }) =>
    step.when === 'all' && step.gives !== status && codes.length > 0 ? [{ level: statusLabel(levels, step.gives), ...linksTo(detail, codes) }] : [],
  )
  if (because.step === null) return { words: `${label}, because no list of statements is true as a whole.`, by: none, lacking }
  return {
    words: `${label}, because ${holdsWords(because.step, because.by.length, levels)}`,
    by: linksTo(detail, because.step.when === 'any' ? because.by : []),
    lacking,
  }
}

function holdsWords({ when, of }: ScoringStep, count: number, levels: readonly Level[]): string {
  const list = statusLabel(levels, of)
  if (when === 'all') return `every statement under “${list}” that applies is true (${count}).`
  return count === 1 ? `one statement under “${list}” is true:` : `${count} statements under “${list}” are true:`
}

/** The statements in the framework's order, under the level that they speak for. */
function listsOf({ detail, changedWords, typed }: OutcomeParts, mayAnswer: boolean) {
  const byLevel = Map.groupBy(detail.indicators, one => one.level)
  return [...byLevel].map(([level, indicators]) => ({
    label: statusLabel(detail.levels, level),
    isOnly: byLevel.size === 1,
    indicators: indicators.map(one =>
      indicatorView(one, { typed, mayAnswer, asides: asidesFor(detail.asides, one.code), lastYear: changedWords.get(one.code) }),
    ),
  }))
}

interface IndicatorParts {
  readonly typed: Readonly<Record<string, string>>
  readonly mayAnswer: boolean
  readonly asides: ReturnType<typeof asidesFor>
  readonly lastYear: string | undefined
}

function indicatorView(one: AnsweredIndicator, { typed, mayAnswer, asides, lastYear }: IndicatorParts) {
  const { code } = one
  const answer = typed[`answer-${code}`] ?? one.answer ?? ''
  const comment = typed[`comment-${code}`] ?? one.comment
  const alternative = typed[`alternative-${code}`] ?? one.alternative
  return {
    code,
    text: one.text,
    revision: one.revision,
    choices: ANSWERS.map(value => ({ value, text: ANSWER_WORDS[value], checked: answer === value })),
    answerWords: one.answer === null ? 'Not answered' : ANSWER_WORDS[one.answer],
    comment,
    alternative,
    isMoreOpen: comment !== '' || alternative !== '' || answer === 'not-applicable',
    needsReason: one.whyNotCounted === 'no-reason',
    isUnconfirmed: one.carried === 'unconfirmed',
    isNew: one.carried === 'new' && one.answer === null,
    lastYear: lastYear ?? null,
    mayConfirm: mayAnswer && one.whyNotCounted === 'unconfirmed',
    changedAt: one.changedAt,
    changedBy: one.changedBy,
    asides,
  }
}

function asidesFor(asides: readonly Aside[], code: string) {
  return asides.filter(one => one.indicatorCode === code).map(({ by, at, ...given }) => ({ byId: by.id, by: by.name, at, words: wordsOf(given) }))
}

/** An answer in one line: "Yes. What was written. Instead: …". */
function wordsOf({ answer, comment, alternative }: GivenAnswer): string {
  return [answer === null ? '' : ANSWER_WORDS[answer], comment, alternative === '' ? '' : `Another control: ${alternative}`]
    .filter(text => text !== '')
    .join('. ')
}

function changeLine(change: AnswerChange) {
  const note = change.carried === 'unconfirmed' ? 'carried over' : change.carried === 'confirmed' ? 'confirmed' : null
  return {
    code: change.indicatorCode === '' ? 'Summary' : change.indicatorCode,
    by: change.by,
    at: change.at,
    words: wordsOf(change) || 'Taken back',
    note,
  }
}
