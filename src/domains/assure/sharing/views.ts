import { parseLocalDate } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import type { Tag } from '../../../ui/labels.ts'
import { withQuery, type Query } from '../../../ui/links.ts'
import type { Cell, TableModel } from '../../../ui/models.ts'
import type { Assessment } from '../assessments/model.ts'
import { shareFields, type ShareOffered } from './form-views.ts'
import { SHARE_ITEMS, type ShareItem, type ShareState } from './model.ts'
import type { Look, Share, SharedWithUs } from './queries.ts'
import type { Basis, SharedContent } from './queries/shown.ts'

export const SHARED_PAGE = '/shared-with-us'

const STATES: Readonly<Record<ShareState, Tag>> = {
  live: { text: 'They can read it', colour: 'green' },
  ended: { text: 'Ended', colour: 'grey' },
  revoked: { text: 'Taken back', colour: 'grey' },
}
const BASES: Readonly<Record<Basis, Tag>> = {
  agreed: { text: 'Agreed by both sides', colour: 'green' },
  self: { text: 'Their own view', colour: 'blue' },
}

export function sharingPath(assessmentId: string, ...rest: readonly string[]): string {
  return ['/assessments', assessmentId, 'sharing', ...rest].join('/')
}

function reviewName({ frameworkName, period, subject }: Assessment): string {
  return `${frameworkName}, ${period}, ${subject}`
}

function named({ item, part }: { readonly item: ShareItem; readonly part: string | null }): string {
  return `${SHARE_ITEMS[item].label}${part === null ? '' : `: ${part}`}`
}

/** Addresses, count and narrowing of a list, the same for each here. */
function listed(path: string, csvPath: string, found: Page<unknown>, query: Query & { readonly cursor: string | null }, isNarrowed: boolean) {
  const { cursor, ...keep } = query
  return {
    total: found.total,
    isNarrowed,
    clearHref: path,
    csvHref: withQuery(csvPath, keep),
    firstHref: cursor === null ? null : withQuery(path, keep),
    nextHref: found.next === null ? null : withQuery(path, keep, { cursor: found.next }),
  }
}

/** What an organisation shares of a review: with whom, what for, until when, and how often it was looked at. */
export function listModel(
  assessment: Assessment,
  found: Page<Share>,
  query: { readonly q: string; readonly state: string; readonly cursor: string | null },
  mayGive: boolean,
) {
  const path = sharingPath(assessment.id)
  const isNarrowed = query.q !== '' || query.state !== 'all'
  return {
    ...listed(path, `${path}.csv`, found, query, isNarrowed),
    caption: reviewName(assessment),
    backHref: `/assessments/${assessment.id}`,
    addHref: mayGive ? sharingPath(assessment.id, 'add') : null,
    looksHref: sharingPath(assessment.id, 'looks'),
    filters: {
      action: path,
      search: { label: 'Search', value: query.q, hint: 'A body, its code, or what for' },
      selects: [
        {
          name: 'state',
          label: 'State',
          value: query.state,
          options: [{ value: 'all', text: 'All' }, ...(Object.keys(STATES) as ShareState[]).map(value => ({ value, text: STATES[value].text }))],
        },
      ],
      clearHref: isNarrowed ? path : undefined,
    },
    table: {
      caption: 'What we share',
      captionHidden: true,
      head: [
        { text: 'What' },
        { text: 'With whom' },
        { text: 'What for' },
        { text: 'Until' },
        { text: 'Looked at', format: 'numeric' },
        { text: 'State' },
      ],
      rows: found.rows.map(row => [
        named(row),
        { text: row.receiverName, hint: row.receiverCode },
        row.purpose,
        { date: row.until },
        { number: row.looks, href: row.looks === 0 ? undefined : withQuery(sharingPath(assessment.id, 'looks'), { q: row.receiverCode }) },
        { tags: [STATES[row.state]], hint: row.revokeReason ?? undefined },
      ]),
    } satisfies TableModel,
    revocable: mayGive
      ? found.rows
          .filter(({ state }) => state === 'live')
          .map(row => ({
            label: `Take back: ${named(row)}, from ${row.receiverName}`,
            href: sharingPath(assessment.id, row.id, 'revoke'),
            method: 'post' as const,
            reason: 'optional' as const,
            variant: 'secondary' as const,
          }))
      : [],
  }
}

export function looksModel(assessment: Assessment, found: Page<Look>, query: { readonly q: string; readonly cursor: string | null }) {
  const path = sharingPath(assessment.id, 'looks')
  return {
    ...listed(path, `${path}.csv`, found, query, query.q !== ''),
    caption: reviewName(assessment),
    backHref: sharingPath(assessment.id),
    filters: {
      action: path,
      search: { label: 'Search', value: query.q, hint: 'Somebody, a body, or what was looked at' },
      selects: [],
      clearHref: query.q === '' ? undefined : path,
    },
    table: {
      caption: 'Who looked',
      captionHidden: true,
      head: [{ text: 'Who' }, { text: 'Of' }, { text: 'When' }, { text: 'At what' }],
      rows: found.rows.map(row => [
        { text: row.personName, hint: row.byProgram ? `${row.personRole}, by a program` : row.personRole },
        { text: row.receiverName, hint: row.receiverCode },
        { at: row.at },
        row.what,
      ]),
    } satisfies TableModel,
  }
}

export function addModel(assessment: Assessment, offered: ShareOffered, typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]) {
  return {
    caption: reviewName(assessment),
    backHref: sharingPath(assessment.id),
    form: {
      action: sharingPath(assessment.id, 'add'),
      fields: shareFields(offered, typed, name => problems.find(({ pointer }) => pointer === name)?.message),
      submit: 'Share it',
      cancelHref: sharingPath(assessment.id),
    },
  }
}

/** What is shared with the reader's body. */
export function sharedWithUsModel(found: Page<SharedWithUs>, query: { readonly q: string; readonly item: string; readonly cursor: string | null }) {
  const isNarrowed = query.q !== '' || query.item !== ''
  return {
    ...listed(SHARED_PAGE, `${SHARED_PAGE}.csv`, found, query, isNarrowed),
    filters: {
      action: SHARED_PAGE,
      search: { label: 'Search', value: query.q, hint: 'An organisation, its code, or what for' },
      selects: [
        {
          name: 'item',
          label: 'What',
          value: query.item,
          options: [
            { value: '', text: 'Anything' },
            ...(Object.keys(SHARE_ITEMS) as ShareItem[]).map(value => ({ value, text: SHARE_ITEMS[value].label })),
          ],
        },
      ],
      clearHref: isNarrowed ? SHARED_PAGE : undefined,
    },
    table: {
      caption: 'Shared with us',
      captionHidden: true,
      head: [{ text: 'Organisation' }, { text: 'What' }, { text: 'What for' }, { text: 'Shared' }, { text: 'Until' }],
      rows: found.rows.map(row => [
        { text: row.organisationName, href: `${SHARED_PAGE}/${row.id}`, hint: row.organisationCode },
        named(row),
        row.purpose,
        { at: row.givenAt },
        { date: row.until },
      ]),
    } satisfies TableModel,
  }
}

const ANSWERS: Readonly<Record<string, string>> = { yes: 'Yes', no: 'No', 'not-applicable': 'Does not apply' }
const ACTION_STATES: Readonly<Record<string, string>> = {
  planned: 'Planned',
  'in-progress': 'In progress',
  done: 'Done',
  're-tested': 'Done and tested again',
  'accepted-risk': 'The risk is accepted',
}

export interface LookedAt {
  readonly share: SharedWithUs
  readonly content: SharedContent
}

/** What lies in a share, with by whom each part was said. */
export function sharedModel({ share, content }: LookedAt) {
  return {
    backHref: SHARED_PAGE,
    organisation: share.organisationName,
    caption: named(share),
    review: content.review,
    purpose: share.purpose,
    until: share.until,
    isEmpty: content.outcomes.length + content.figures.length + content.actions.length === 0,
    outcomes: content.outcomes.map(one => ({
      heading: `${one.code} ${one.title}`,
      tags: [{ text: one.statusLabel, colour: 'grey' as const }, BASES[one.basis]],
      summary: one.summary,
      answers: {
        caption: `Answers to ${one.code}`,
        captionSize: 's',
        head: [{ text: 'Statement' }, { text: 'Answer' }, { text: 'Remarks' }],
        rows: one.answers.map(({ indicator, text, answer, comment, alternative }) => [
          { text, hint: indicator },
          answer === null ? null : (ANSWERS[answer] ?? answer),
          { text: comment, hint: alternative === '' ? undefined : `Instead: ${alternative}` },
        ]),
      } satisfies TableModel,
    })),
    figures: {
      caption: share.item === 'summary' ? 'Outcomes by objective' : 'Outcomes',
      head: [
        { text: share.item === 'summary' ? 'Objective' : 'Outcome' },
        { text: 'Level' },
        { text: 'Said by' },
        { text: 'Outcomes', format: 'numeric' },
      ],
      rows: content.figures.map(({ code, title, statusLabel, basis, outcomes }) => [
        `${code} ${title}`,
        statusLabel,
        { tags: [BASES[basis]] },
        outcomes,
      ]),
    } satisfies TableModel,
    actions: {
      caption: 'What they plan to do',
      head: [{ text: 'What' }, { text: 'State' }, { text: 'First date' }, { text: 'Due' }, { text: 'Times put off', format: 'numeric' }],
      rows: content.actions.map(({ title, state, originalDate, dueOn, slips }) => [
        title,
        ACTION_STATES[state] ?? state,
        dayCell(originalDate),
        dayCell(dueOn),
        slips,
      ]),
    } satisfies TableModel,
  }
}

function dayCell(day: string | null): Cell {
  return day === null ? null : { date: parseLocalDate(day) }
}
