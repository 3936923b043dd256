import { parseInstant, type Instant } from '../../../../kernel/instant.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { severityTag } from '../../../../ui/labels.ts'
import { withQuery } from '../../../../ui/links.ts'
import type { TableModel } from '../../../../ui/models.ts'
import { headlineOf, letterOf, type Told } from '../../deliveries/model.ts'
import { renditionPreviews } from '../../renditions/model.ts'
import { groupWords } from '../../sharing-groups/model.ts'
import { contentSections, readDraft, type Typed } from '../fields.ts'
import type { RevisionState } from '../lifecycle.ts'
import {
  bulletinNumber,
  deadlineFor,
  findingsOf,
  respondByAt,
  revisionFindings,
  stateLabel,
  type BulletinContent,
  type ResponseDeadline,
} from '../model.ts'
import type { Bulletin, Version } from '../queries.ts'
import { addressOf, differenceTable, headOf, readingView, whoWords } from '../views.ts'

/** A bulletin that is stored, with its newest version. */
export interface Stored {
  readonly bulletin: Bulletin
  /** The newest of what is written: after a release that of the revision, if there is one yet. */
  readonly version: Version
  /** Of a released bulletin: the revision's state, `none` before there is one. `null` for one that is not released. */
  readonly revision: RevisionState | null
}

/** A bulletin as it is being written: what is stored of it, if anything is yet, and what is typed now. */
export interface Writing {
  readonly stored: Stored | null
  readonly typed: Typed
  readonly isExercise: boolean
  readonly deadlines: readonly ResponseDeadline[]
  /** The sharing groups that it can be for. */
  readonly groups: readonly { readonly id: string; readonly name: string }[]
}

/** Where the writing page stands: the problems that the last press met with, and how the fields came to be as they are. */
export interface WritingState {
  readonly problems: readonly Problem[]
  /** Of a new bulletin: the threat that it is about, or ''. */
  readonly threat: string
  /** The version on which what is typed builds. */
  readonly baseVersion: number
  /** Whether the fields hold what was just typed, and not what is stored. */
  readonly isTyped: boolean
  /** Somebody saved a version meanwhile: what is typed, to be compared with it. */
  readonly conflict: BulletinContent | null
}

export function writingView(writing: Writing, state: WritingState, by: { readonly now: Instant; readonly baseUrl: string }) {
  const { stored, typed } = writing
  const { threat } = state
  const draft = withQuery('/bulletins/new', { threat })
  return {
    ...(stored === null
      ? {
          bulletin: null,
          threat,
          action: draft,
          previewAction: '/bulletins/new/preview',
          autosave: `bulletin-new-${threat}`,
          values: { threat },
          saveLabel: 'Save draft',
          back: threat === '' ? { href: '/bulletins', text: 'Bulletins' } : { href: `/threats/${threat}`, text: 'The threat' },
          exercise: { isAsked: true, value: writing.isExercise },
          stored: null,
        }
      : {
          bulletin: headOf(stored.bulletin),
          action: addressOf(stored.bulletin, '/edit'),
          previewAction: addressOf(stored.bulletin, '/preview'),
          autosave: `bulletin-${bulletinNumber(stored.bulletin.number)}`,
          values: { baseVersion: String(state.baseVersion) },
          saveLabel: 'Save',
          back: { href: addressOf(stored.bulletin), text: bulletinNumber(stored.bulletin.number) },
          exercise: { isAsked: false, value: writing.isExercise },
          stored: {
            version: stored.version.version,
            savedAt: stored.version.savedAt,
            savedBy: whoWords(stored.version.savedBy, stored.version.savedById),
          },
        }),
    sections: contentSections(typed, state.problems, isRevisionOf(stored), writing.groups),
    isTyped: state.isTyped,
    isRevision: isRevisionOf(stored),
    voids: voidedBy(stored),
    conflict: state.conflict === null || stored === null ? null : conflictTable(stored.version, state.conflict),
    preview: previewView(writing, by),
  }
}

/** What is typed, as readers will see it; the message that will carry it; what is wrong with it; what it changes. */
export function previewView(
  { stored, typed, isExercise, deadlines, groups }: Writing,
  { now, baseUrl }: { readonly now: Instant; readonly baseUrl: string },
) {
  const { content: draft, problems } = readDraft(typed)
  const group = groups.find(({ id }) => id === draft.sharingGroup?.id)
  const content = { ...draft, ...(group === undefined ? {} : { sharingGroup: { id: group.id, name: group.name } }) }
  // A field that cannot be saved as it is says so once.
  const isRevision = isRevisionOf(stored)
  const missing = isRevision ? revisionFindings(content, now) : findingsOf(content, now)
  const findings = missing.filter(finding => !problems.some(({ pointer }) => pointer === finding.pointer))
  const of = (severity: Problem['severity']) => findings.filter(finding => finding.severity === severity)
  const number = stored === null ? 'CC-…' : bulletinNumber(stored.bulletin.number)
  const { news } = content
  // A time that readers were given stands until the author names another.
  const standing = isRevision ? (stored?.bulletin.respondBy ?? null) : null
  const respondBy = content.respondBy === null ? standing : (parseInstant(content.respondBy) ?? null)
  const byPolicy = respondBy === null ? deadlineFor(content.severity, now, deadlines) : undefined
  const { title, tlp, severity } = content
  const told: Told = {
    kind: isRevision ? 'update' : 'release',
    title,
    tlp,
    severity,
    content,
    isExercise,
    releasedAt: stored?.bulletin.releasedAt ?? now,
    respondBy: respondBy ?? respondByAt(content, now, deadlines),
    withdrawnReason: null,
    update: isRevision ? (news ?? { title: '[what is new]', body: '' }) : null,
  }
  return {
    summary: summaryWords(problems.length, of('error').length, of('warning').length),
    lists: [
      { heading: 'Before it can be saved', items: problems.map(problemLine) },
      { heading: 'Before it can go for review', items: of('error').map(problemLine) },
      { heading: 'Would help readers', items: of('warning').map(problemLine) },
    ].filter(({ items }) => items.length > 0),
    bulletin: {
      title,
      tlp,
      sharingGroup: group === undefined ? null : groupWords(group),
      caption: isExercise ? `Exercise · ${number}` : number,
      severity: severityTag(severity),
      state: null,
      releasedAt: null,
      withdrawn: null,
    },
    reading: readingView(content, respondBy, byPolicy === undefined ? null : `${byPolicy.hours} hours after release`),
    // For the eye only, so whom it will be for stands in brackets.
    letter: {
      ...letterOf(told, number, `${baseUrl}/bulletins/${number}`),
      answers: [{ organisation: '[their organisation]', link: `${baseUrl}/r/[a link of their own]` }],
      contact: '[their name]',
    },
    // Of an update that is not material nobody is sent anything.
    isTold: news?.isMaterial !== false,
    renditions: renditionPreviews(told, number, `${baseUrl}/bulletins/${number}`, headlineOf(told)),
    difference: stored === null ? null : changesTable(stored.version, content),
  }
}

/** Where a problem is mended: the field's id. */
function problemLine({ pointer, message }: Problem): { readonly text: string; readonly href: string } {
  return { text: message, href: `#${pointer === 'platforms' ? 'platform-1-platform' : pointer}` }
}

function summaryWords(unsaveable: number, missing: number, helpful: number): string {
  const things = (count: number) => `${count} ${count === 1 ? 'thing' : 'things'}`
  if (unsaveable > 0) return `${things(unsaveable)} to mend before it can be saved`
  if (missing > 0) return `${things(missing)} to mend before it can go for review`
  return helpful > 0 ? `Can go for review. ${things(helpful)} would help readers` : 'Can go for review'
}

function changesTable(version: Version, content: BulletinContent): { readonly summary: string; readonly table: TableModel } {
  const table = differenceTable(version.content, content, { before: `Version ${version.version}`, after: 'As typed' })
  const count = table.rows.length
  return { summary: `What you changed since version ${version.version} (${count} ${count === 1 ? 'field' : 'fields'})`, table }
}

function conflictTable(newest: Version, typed: BulletinContent): TableModel {
  return differenceTable(newest.content, typed, {
    before: `Version ${newest.version}, saved by ${whoWords(newest.savedBy, newest.savedById)}`,
    after: 'What you typed',
  })
}

/** Whether what is written follows a release. */
function isRevisionOf(stored: Stored | null): boolean {
  return stored !== null && stored.revision !== null
}

/** The state whose review or approval a saved change voids, in words. */
function voidedBy(stored: Stored | null): string | null {
  const state = stored?.revision ?? stored?.bulletin.state
  return state === 'in-review' || state === 'approved' ? stateLabel(state).toLowerCase() : null
}
