import type { Instant } from '../../../kernel/instant.ts'
import { actionsIn, type Transition } from '../../../kernel/lifecycle.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { severityTag, type Tag } from '../../../ui/labels.ts'
import type { Action, TableModel } from '../../../ui/models.ts'
import { afterRefusal, type Refusal } from '../../../ui/refusal.ts'
import { isEmptyRule, ruleSentence } from '../audience/model.ts'
import { pictureView } from '../picture/model.ts'
import { canApprove, canRelease, canReviewAfter, type PolicyActor } from '../policy.ts'
import type { AloneRecord } from '../release/after/queries.ts'
import { statementLine } from '../services/model.ts'
import { groupWords } from '../sharing-groups/model.ts'
import { changesInWords, differenceOf } from './difference.ts'
import { BULLETIN_LIFECYCLE, REVISION_LIFECYCLE, type BulletinAction, type RevisionAction, type RevisionState } from './lifecycle.ts'
import {
  bulletinNumber,
  deadlineFor,
  findingsOf,
  fiveLines,
  revisionFindings,
  stateLabel,
  type BulletinContent,
  type BulletinState,
} from './model.ts'
import type { Bulletin, Review, Version } from './queries.ts'
import type { ShownBulletin } from './queries/show.ts'

const STATE_COLOURS: Readonly<Record<BulletinState, Tag['colour']>> = {
  draft: 'grey',
  'in-review': 'yellow',
  approved: 'aqua-green',
  released: 'green',
  withdrawn: 'white',
}

export function stateTag(state: BulletinState): Tag {
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
    sharingGroup: bulletin.sharingGroup === null ? null : groupWords(bulletin.sharingGroup),
    severity: severityTag(bulletin.severity),
    state: stateTag(bulletin.state),
    isLive: bulletin.state === 'released',
    withdrawn:
      bulletin.state === 'withdrawn'
        ? { at: bulletin.withdrawnAt, reason: bulletin.withdrawnReason, wasReleased: bulletin.releasedAt !== null }
        : null,
    isReplaced: bulletin.supersededBy !== null,
    isHolding: bulletin.isHolding,
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

/** The forms of a released bulletin for programs. None of an exercise, and none of what is for named persons' eyes. */
export function machineLinks(bulletin: Pick<Bulletin, 'number' | 'releasedAt' | 'isExercise' | 'tlp'>) {
  const isGiven = bulletin.releasedAt !== null && !bulletin.isExercise && bulletin.tlp !== 'RED'
  return isGiven
    ? [
        { href: addressOf(bulletin, '/stix.json'), text: 'For programs: STIX 2.1' },
        { href: addressOf(bulletin, '/misp.json'), text: 'For programs: MISP' },
      ]
    : []
}

/** The page of a bulletin: for everyone the text; `desk` is what the centre works with; `picture` who acts; `panel` and `matches` are an organisation's own. */
export function showView(shown: ShownBulletin, actor: PolicyActor, now: Instant, refusal: Refusal | null) {
  const { bulletin, version, desk } = shown
  const { content } = version
  const offered =
    desk === null ? { actions: [], refusals: [] } : bulletinActions(bulletin, desk.authorIds, actor, findingsOf(content, now), desk.revision !== null)
  const after = desk === null ? { actions: [], refusals: [] } : afterActions(bulletin, desk.alone, actor)
  const ofRevision = desk === null ? null : revisionView(bulletin, { live: content, desk }, actor, now)
  const { actions, keptReason } = afterRefusal([...(ofRevision?.actions ?? []), ...offered.actions, ...after.actions], refusal)
  const isPanelStale = isAskedAgain(shown)
  const byPolicy = bulletin.releasedAt === null && content.respondBy === null ? deadlineFor(content.severity, now, shown.deadlines) : undefined
  return {
    bulletin: headOf(bulletin),
    keptReason,
    reading: readingView(content, bulletin.respondBy, byPolicy === undefined ? null : `${byPolicy.hours} hours after release`),
    updates: updatesView(shown),
    changes: shown.changes,
    replaced: replacedView(shown),
    alone: shown.alone.map(({ kind, at, reviewedAt }) => ({ isHolding: kind === 'holding', at, reviewedAt })),
    asksAgain: isPanelStale,
    severities: shown.severities.map(change => ({ ...change, tag: severityTag(change.severity) })),
    picture:
      shown.picture === null
        ? null
        : pictureView(shown.picture, {
            showsDeliveries: actor.permissions.has('broadcast.delivery.view'),
            mayRing: actor.permissions.has('broadcast.call.make') && bulletin.state === 'released' && !bulletin.isExercise,
          }),
    panel: shown.panel,
    matches: shown.matches,
    services: shown.services.map(statement => statementLine(statement, now)),
    desk:
      desk === null
        ? null
        : {
            actions,
            waiting:
              desk.schedule?.state === 'waiting'
                ? {
                    at: desk.schedule.releaseAt,
                    href: actor.permissions.has('broadcast.bulletin.release') ? addressOf(bulletin, '/schedule') : null,
                  }
                : null,
            refusals: [...offered.refusals, ...after.refusals],
            version: bulletin.version,
            versionsHref: addressOf(bulletin, '/versions'),
            savedAt: version.savedAt,
            savedBy: whoWords(version.savedBy, version.savedById),
            threatHref: bulletin.threatId === null ? null : `/threats/${bulletin.threatId}`,
            revision: ofRevision,
            alone: aloneTable(desk.alone),
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
  hasRevision: boolean,
): { readonly actions: readonly Action[]; readonly refusals: readonly string[] } {
  const steps: Readonly<Partial<Record<BulletinAction, Transition<BulletinState>>>> = BULLETIN_LIFECYCLE[bulletin.state]
  const actions: Action[] = []
  const refusals: string[] = []
  for (const name of actionsIn<BulletinState, BulletinAction>(BULLETIN_LIFECYCLE, bulletin.state)) {
    const step = steps[name]
    if (step === undefined || !actor.permissions.has(step.permission)) continue
    // A holding statement is drafted and released in one press, on a page of its own.
    if (name === 'release-holding') continue
    // Where there is a next version already, its own actions stand first.
    if (name === 'revise' && hasRevision) continue
    // The findings say on the same page what is missing; a button that is refused would say it a second time.
    const isIncomplete = findings.some(({ severity }) => severity === 'error')
    if ((name === 'send-for-review' || name === 'release-alone') && isIncomplete) continue
    const decision = name === 'approve' ? canApprove(actor, { authorIds }) : name === 'release' ? canRelease(actor, bulletin) : { ok: true as const }
    if (!decision.ok) refusals.push(decision.reason)
    else if (name === 'revise' && bulletin.isHolding)
      actions.push({ ...actionFor(bulletin, name, step, bulletin.version), label: 'Write the full version' })
    else actions.push(actionFor(bulletin, name, step, bulletin.version))
  }
  return { actions, refusals }
}

/** The review of what one person released, for who may close it. */
function afterActions(bulletin: Bulletin, records: readonly AloneRecord[], actor: PolicyActor) {
  const open = records.filter(({ reviewedAt }) => reviewedAt === null)
  if (open.length === 0 || !actor.permissions.has('broadcast.bulletin.review-after')) return { actions: [], refusals: [] }
  const decisions = open.map(record => canReviewAfter(actor, record))
  const [refused] = decisions.flatMap(decision => (decision.ok ? [] : [decision.reason]))
  // Those of others can be closed while one's own waits for somebody else.
  if (refused !== undefined && decisions.every(({ ok }) => !ok)) return { actions: [], refusals: [refused] }
  const action: Action = {
    label: 'Close the review after its release',
    href: addressOf(bulletin, '/review-after'),
    method: 'post',
    reason: 'required',
  }
  return { actions: [action], refusals: [] }
}

/** What is worked on beside the live version, and what the actor may do with it. `null` where nobody works on one. */
function revisionView(
  bulletin: Bulletin,
  { live, desk }: { readonly live: BulletinContent; readonly desk: NonNullable<ShownBulletin['desk']> },
  actor: PolicyActor,
  now: Instant,
) {
  const { revision } = desk
  if (revision === null) return null
  const findings = revisionFindings(revision.content, now)
  const steps: Readonly<Partial<Record<RevisionAction, Transition<RevisionState>>>> = REVISION_LIFECYCLE[revision.state]
  const actions: Action[] = []
  const refusals: string[] = []
  for (const name of actionsIn<RevisionState, RevisionAction>(REVISION_LIFECYCLE, revision.state)) {
    const step = steps[name]
    if (step === undefined || !actor.permissions.has(step.permission)) continue
    if ((name === 'send-for-review' || name === 'publish-alone') && findings.some(({ severity }) => severity === 'error')) continue
    const decision =
      name === 'approve' ? canApprove(actor, { authorIds: desk.authorIds }) : name === 'publish' ? canRelease(actor, revision) : { ok: true as const }
    if (!decision.ok) refusals.push(decision.reason)
    else actions.push(actionFor(bulletin, name, step, revision.version))
  }
  return {
    version: revision.version,
    href: addressOf(bulletin, `/versions/${revision.version}`),
    state: stateTag(revision.state),
    title: revision.content.news?.title ?? 'It does not say yet what is new',
    isMaterial: revision.content.news?.isMaterial ?? null,
    changes: changesInWords({ ...live, severity: bulletin.severity }, revision.content),
    findings: findingsView(findings),
    refusals,
    actions,
  }
}

/** Actions that have a page of their own; the others are posted from here. */
const PAGES: Readonly<Partial<Record<BulletinAction | RevisionAction, string>>> = {
  edit: '/edit',
  revise: '/edit',
  release: '/release',
  'release-alone': '/release-alone',
  publish: '/publish',
  'publish-alone': '/publish-alone',
  update: '/update',
  'change-severity': '/severity',
  supersede: '/supersede',
  withdraw: '/withdraw',
}

function actionFor(bulletin: Bulletin, name: BulletinAction | RevisionAction, step: Transition<string>, version: number): Action {
  const own = PAGES[name]
  const isGrave = name === 'withdraw' || name === 'release-alone' || name === 'publish-alone'
  if (own !== undefined) {
    const key = name === 'edit' || name === 'revise' ? { key: 'e' } : {}
    return { label: step.label, href: addressOf(bulletin, own), ...key, ...(isGrave ? { variant: 'warning' as const } : {}) }
  }
  return {
    label: step.label,
    href: addressOf(bulletin, `/${name}`),
    method: 'post',
    reason: step.reason,
    values: { version: String(version) },
    ...(name === 'abandon' || name === 'discard' ? { variant: 'warning' as const } : {}),
  }
}

/** Whether the reader's organisation answered before those who had answered were asked again. */
function isAskedAgain({ bulletin, panel }: ShownBulletin): boolean {
  const answeredAt = panel?.current?.at
  return bulletin.answerAgainAt !== null && answeredAt !== undefined && answeredAt < bulletin.answerAgainAt
}

/** The dated updates, newest first; a published version leads to what it changed. */
function updatesView({ bulletin, updates }: ShownBulletin) {
  return updates.map(update => ({
    ...update,
    href: update.version === null ? null : addressOf(bulletin, `/changes/${update.version}`),
    isNewest: update.version !== null && update.version === bulletin.version,
    toldWords: update.isMaterial ? 'Material: those who got the bulletin were told.' : 'Not material: nobody was told.',
  }))
}

function replacedView({ bulletin, replaced }: ShownBulletin) {
  const link = ({ number, title }: { number: number; title: string }) => ({ href: addressOf({ number }), text: `${bulletinNumber(number)} ${title}` })
  return { isReplaced: bulletin.supersededBy !== null, by: replaced.by === null ? null : link(replaced.by), of: replaced.of.map(link) }
}

const ALONE_WORDS = { holding: 'Holding statement', emergency: 'Emergency release' } as const

function aloneTable(records: readonly AloneRecord[]): TableModel | null {
  if (records.length === 0) return null
  return {
    caption: 'Released by one person',
    head: [{ text: 'What' }, { text: 'Version', format: 'numeric' }, { text: 'Who' }, { text: 'When' }, { text: 'Why' }, { text: 'Reviewed after' }],
    rows: records.map(record => [
      ALONE_WORDS[record.kind],
      record.version,
      whoWords(record.by, record.byId),
      { at: record.at },
      record.reason,
      record.reviewedAt === null ? 'Not yet' : { text: record.findings ?? '', hint: record.reviewedBy ?? undefined },
    ]),
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
