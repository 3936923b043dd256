import type { Instant } from '../../../kernel/instant.ts'
import { actionsIn, type Transition } from '../../../kernel/lifecycle.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { severityTag, type Tag } from '../../../ui/labels.ts'
import { sortColumn, type Query } from '../../../ui/links.ts'
import type { Action, Cell, TableModel } from '../../../ui/models.ts'
import { afterRefusal, type Refusal } from '../../../ui/refusal.ts'
import { isEmptyRule, ruleSentence } from '../audience/model.ts'
import { pictureView } from '../picture/model.ts'
import { canApprove, canRelease, type PolicyActor } from '../policy.ts'
import { isResponseState, RESPONSE_STATES } from '../responses/model.ts'
import { differenceOf } from './difference.ts'
import {
  BULLETIN_LIFECYCLE,
  BULLETIN_STATES,
  bulletinNumber,
  deadlineFor,
  findingsOf,
  fiveLines,
  SEVERITIES,
  severityLabel,
  stateLabel,
  type BulletinAction,
  type BulletinContent,
  type BulletinState,
} from './model.ts'
import type { Bulletin, Review, Version } from './queries.ts'
import type { ListedBulletin } from './queries/list.ts'
import type { ShownBulletin } from './queries/show.ts'

const STATE_COLOURS: Readonly<Record<BulletinState, Tag['colour']>> = {
  draft: 'grey',
  'in-review': 'yellow',
  approved: 'aqua-green',
  released: 'green',
  withdrawn: 'white',
}

function stateTag(state: BulletinState): Tag {
  return { text: stateLabel(state), colour: STATE_COLOURS[state] }
}

export function addressOf(bulletin: { readonly number: number }, rest = ''): string {
  return `/bulletins/${bulletinNumber(bulletin.number)}${rest}`
}

/** The head of every page of one bulletin. */
export function headOf(bulletin: Bulletin) {
  const number = bulletinNumber(bulletin.number)
  return {
    number,
    address: addressOf(bulletin),
    caption: bulletin.isExercise ? `Exercise · ${number}` : number,
    title: bulletin.title,
    tlp: bulletin.tlp,
    severity: severityTag(bulletin.severity),
    state: stateTag(bulletin.state),
    isLive: bulletin.state === 'released',
    withdrawn:
      bulletin.state === 'withdrawn'
        ? { at: bulletin.withdrawnAt, reason: bulletin.withdrawnReason, wasReleased: bulletin.releasedAt !== null }
        : null,
    releasedAt: bulletin.releasedAt,
    respondBy: bulletin.respondBy,
    isExercise: bulletin.isExercise,
  }
}

/** The text as readers see it: the five lines, then the details in the order of an NHS cyber alert (domain facts §1.2). */
export function readingView(content: BulletinContent, respondBy: Instant | null, deadlineWords: string | null) {
  const { what, who, doThis, howSure } = fiveLines(content)
  return {
    what,
    who,
    doThis,
    howSure,
    respondBy,
    deadlineWords,
    content,
    platforms: content.platforms.map(({ platform, versions, text }) => ({ platform, versions: versions.join(', '), text })),
    steps: content.steps.map((step, at) => ({ ...step, number: at + 1 })),
    facts: [
      { key: 'Threat type', value: content.threatType },
      ...(content.categories.length > 0 ? [{ key: 'Category', value: content.categories.join(', ') }] : []),
      ...(content.threatVectors.length > 0 ? [{ key: 'Threat vector', value: content.threatVectors.join(', ') }] : []),
    ],
    cves: content.cves.map(cve => ({ cve, href: `https://www.cve.org/CVERecord?id=${cve}` })),
  }
}

/** The page of a bulletin: for everyone the text; `desk` is what the centre works with; `picture` who acts; `panel` and `matches` are an organisation's own. */
export function showView(shown: ShownBulletin, actor: PolicyActor, now: Instant, refusal: Refusal | null) {
  const { bulletin, version, desk } = shown
  const { content } = version
  const offered = desk === null ? { actions: [], refusals: [] } : bulletinActions(bulletin, desk.authorIds, actor, findingsOf(content, now))
  const { actions, keptReason } = afterRefusal(offered.actions, refusal)
  const byPolicy = bulletin.releasedAt === null && content.respondBy === null ? deadlineFor(content.severity, now, shown.deadlines) : undefined
  return {
    bulletin: headOf(bulletin),
    keptReason,
    reading: readingView(content, bulletin.respondBy, byPolicy === undefined ? null : `${byPolicy.hours} hours after release`),
    updates: shown.updates,
    severities: shown.severities.map(change => ({ ...change, tag: severityTag(change.severity) })),
    picture: shown.picture === null ? null : pictureView(shown.picture, actor.permissions.has('broadcast.delivery.view')),
    panel: shown.panel,
    matches: shown.matches,
    desk:
      desk === null
        ? null
        : {
            actions,
            refusals: offered.refusals,
            version: bulletin.version,
            versionsHref: addressOf(bulletin, '/versions'),
            savedAt: version.savedAt,
            savedBy: whoWords(version.savedBy, version.savedById),
            threatHref: bulletin.threatId === null ? null : `/threats/${bulletin.threatId}`,
            findings: bulletin.releasedAt === null && bulletin.state !== 'withdrawn' ? findingsView(findingsOf(content, now)) : null,
            reviews: desk.reviews.length > 0 ? reviewTable(desk.reviews) : null,
            audience: { sentence: ruleSentence(desk.rule, desk.names), isEmpty: isEmptyRule(desk.rule), href: addressOf(bulletin, '/audience') },
            release: desk.release === null ? null : { ...desk.release, by: whoWords(desk.release.releasedBy, desk.release.releasedById) },
          },
  }
}

/** What the actor may do with the bulletin now: the lifecycle's actions, less those that policy or what is still missing refuses, the main one first. */
function bulletinActions(
  bulletin: Bulletin,
  authorIds: readonly string[],
  actor: PolicyActor,
  findings: readonly Problem[],
): { readonly actions: readonly Action[]; readonly refusals: readonly string[] } {
  const steps: Readonly<Partial<Record<BulletinAction, Transition<BulletinState>>>> = BULLETIN_LIFECYCLE[bulletin.state]
  const actions: Action[] = []
  const refusals: string[] = []
  for (const name of actionsIn<BulletinState, BulletinAction>(BULLETIN_LIFECYCLE, bulletin.state)) {
    const step = steps[name]
    if (step === undefined || !actor.permissions.has(step.permission)) continue
    // The findings say on the same page what is missing; a button that is refused would say it a second time.
    if (name === 'send-for-review' && findings.some(({ severity }) => severity === 'error')) continue
    const decision =
      name === 'approve'
        ? canApprove(actor, { authorIds: [bulletin.authorId, ...authorIds] })
        : name === 'release'
          ? canRelease(actor, bulletin)
          : { ok: true as const }
    if (!decision.ok) refusals.push(decision.reason)
    else actions.push(actionFor(bulletin, name, step))
  }
  return { actions, refusals }
}

/** Actions that have a page of their own; the others are posted from here. */
const PAGES: Readonly<Partial<Record<BulletinAction, string>>> = {
  edit: '/edit',
  release: '/release',
  update: '/update',
  'change-severity': '/severity',
}

function actionFor(bulletin: Bulletin, name: BulletinAction, step: Transition<BulletinState>): Action {
  const own = PAGES[name]
  if (own !== undefined) return { label: step.label, href: addressOf(bulletin, own), ...(name === 'edit' ? { key: 'e' } : {}) }
  const ends = name === 'withdraw' || name === 'abandon'
  return {
    label: step.label,
    href: addressOf(bulletin, `/${name}`),
    method: 'post',
    reason: step.reason,
    values: { version: String(bulletin.version) },
    ...(ends ? { variant: 'warning' as const } : {}),
  }
}

const DECISIONS: Readonly<Record<Review['decision'], string>> = { sent: 'Sent for review', approved: 'Approved', returned: 'Returned for changes' }

function reviewTable(reviews: readonly Review[]): TableModel {
  return {
    caption: 'Reviews',
    head: [{ text: 'What' }, { text: 'Version', format: 'numeric' }, { text: 'Who' }, { text: 'When' }, { text: 'Comment' }],
    rows: reviews.map(review => [DECISIONS[review.decision], review.version, whoWords(review.by, review.byId), { at: review.at }, review.comment]),
  }
}

export function versionTable(bulletin: Bulletin, versions: readonly Version[]): TableModel {
  return {
    caption: 'Versions',
    head: [{ text: 'Version' }, { text: 'Saved' }, { text: 'By' }, { text: 'Digest' }],
    rows: versions.map(version => [
      {
        text: `Version ${version.version}`,
        href: addressOf(bulletin, `/versions/${version.version}`),
        tags: bulletin.approvedVersion === version.version ? [{ text: 'Approved', colour: 'green' }] : [],
      },
      { at: version.savedAt },
      whoWords(version.savedBy, version.savedById),
      version.hash.slice(0, 12),
    ]),
  }
}

/** A person by name; without one, who acted: the operator of the machine, or somebody whom the reader may not know. */
export function whoWords(name: string | null, id: string): string {
  if (name !== null) return name
  return id === 'operator' ? 'The operator of this machine' : id === 'system' ? 'CareCERT' : 'The centre'
}

export function differenceTable(
  before: BulletinContent,
  after: BulletinContent,
  heads: { readonly before: string; readonly after: string },
): TableModel {
  return {
    caption: 'What differs',
    head: [{ text: 'Field' }, { text: heads.before }, { text: heads.after }],
    rows: differenceOf(before, after).map(row => [row.field, row.before === '' ? null : row.before, row.after === '' ? null : row.after]),
  }
}

/** Findings in two lists: what stops it, and what would help readers. */
function findingsView(findings: readonly Problem[]) {
  return {
    errors: findings.filter(({ severity }) => severity === 'error').map(({ message }) => message),
    warnings: findings.filter(({ severity }) => severity === 'warning').map(({ message }) => message),
  }
}

/** The list's table. For the centre with state, author and the funnel's figures; for others, and of one organisation (`ofOne`), with its answer. */
export function listTable(
  rows: readonly ListedBulletin[],
  query: Query,
  options: { readonly isCentre: boolean; readonly ofOne: boolean },
): TableModel {
  const isCentre = options.isCentre && !options.ofOne
  const number = sortColumn({ text: 'Number' }, 'number', '/bulletins', query)
  const updated = sortColumn({ text: isCentre ? 'Changed' : 'Released' }, 'updated', '/bulletins', query)
  const columns = isCentre
    ? [number, { text: 'Severity' }, { text: 'Title' }, { text: 'State' }, { text: 'Author' }, { text: 'Answers' }, { text: 'Answer by' }, updated]
    : [number, { text: 'Severity' }, { text: 'Title' }, { text: 'Answer' }, { text: 'Answer by' }, updated]
  return {
    caption: 'Bulletins',
    captionHidden: true,
    head: columns,
    rows: rows.map(row => (isCentre ? centreRow(row) : readerRow(row, options.ofOne))),
  }
}

function titleCell(row: ListedBulletin): Cell {
  return {
    text: row.title,
    href: addressOf(row),
    tlp: row.tlp === 'CLEAR' ? undefined : row.tlp,
    tags: row.isExercise ? [{ text: 'Exercise', colour: 'pink' }] : [],
  }
}

function centreRow(row: ListedBulletin): readonly Cell[] {
  return [
    { text: bulletinNumber(row.number), href: addressOf(row) },
    { tags: [severityTag(row.severity)] },
    titleCell(row),
    { tags: [stateTag(row.state)] },
    row.author,
    row.releasedAt === null ? null : figuresCell(row),
    at(row.respondBy),
    { at: row.updatedAt },
  ]
}

function figuresCell(row: ListedBulletin): Cell {
  const silent = row.organisations - row.answered - row.unreachable
  const label = `${row.answered.toLocaleString('en-GB')} answered, ${silent.toLocaleString('en-GB')} silent${row.unreachable > 0 ? `, ${row.unreachable.toLocaleString('en-GB')} unreachable` : ''}`
  return {
    text: label,
    bar: [
      { label: 'answered', count: row.answered, tone: 'seen' },
      { label: 'silent', count: silent, tone: 'silent' },
      { label: 'unreachable', count: row.unreachable, tone: 'unreachable' },
    ],
  }
}

function readerRow(row: ListedBulletin, ofOne: boolean): readonly Cell[] {
  const own = row.response !== null && isResponseState(row.response) ? RESPONSE_STATES[row.response].label : 'No answer yet'
  return [
    { text: bulletinNumber(row.number), href: addressOf(row) },
    { tags: [severityTag(row.severity)] },
    { ...(titleCell(row) as object), hint: row.state === 'withdrawn' ? 'Withdrawn' : undefined },
    row.organisations > 1 && !ofOne ? `${row.answered.toLocaleString('en-GB')} of ${row.organisations.toLocaleString('en-GB')} answered` : own,
    at(row.respondBy),
    at(row.releasedAt),
  ]
}

export function listFilters(
  query: {
    readonly q: string
    readonly state: string
    readonly severity: string
    readonly organisation: string
    readonly threat: string
    readonly releasedSince: string
    readonly withdrawnSince: string
    readonly sort: string
  },
  isCentre: boolean,
) {
  const { q: _q, state: _state, severity: _severity, ...rest } = query
  const options = (all: string, values: readonly string[], words: (value: never) => string) => [
    { value: '', text: all },
    ...values.map(value => ({ value, text: words(value as never) })),
  ]
  return {
    action: '/bulletins',
    search: { label: 'Search by number, CVE or words', value: query.q },
    selects: [
      { name: 'severity', label: 'Severity', value: query.severity, options: options('Every severity', SEVERITIES, severityLabel) },
      {
        name: 'state',
        label: 'State',
        value: query.state,
        options: options('Every state', isCentre ? BULLETIN_STATES : ['released', 'withdrawn'], stateLabel),
      },
    ],
    keep: rest,
    clearHref: Object.entries(query).some(([name, value]) => name !== 'sort' && value !== '') ? '/bulletins' : undefined,
  }
}

function at(time: Instant | null): Cell {
  return time === null ? null : { at: time }
}
