import { z } from 'zod'
import { instant } from '../../../platform/http/api-schemas.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { bulletinName, bulletinStep, GivenAnswer, head, ofBulletin, reasonGiven, RevisionAnswer, ScheduleAnswer, versionGiven } from '../api.ts'
import { AudienceRule, ruleSentence } from '../audience/model.ts'
import { SERVICE_STATE_ORDER, type ServiceState } from '../services/model.ts'
import { GroupMark } from '../sharing-groups/model.ts'
import type { Visible } from '../tables.ts'
import { abandonBulletin, approveBulletin, returnForChanges, sendForReview } from './commands.ts'
import { differenceOf } from './difference.ts'
import { discardRevision } from './living/commands.ts'
import { BulletinContent, findingsOf, revisionFindings, SEVERITIES } from './model.ts'
import { bulletinOf, versionOf, versionsOf, type Bulletin } from './queries.ts'
import { readShown, type Desk, type ShownBulletin } from './queries/show.ts'

/** The text of a version. As it was written, with `null` for what says nothing: it can be changed and sent back as it is. */
const Content = z.object({
  ...BulletinContent.shape,
  clinicalImpact: z.string().nullable(),
  boardWords: z.string().nullable(),
  sharingGroup: GroupMark.nullable().describe('Among those of the audience, for the members of this sharing group alone'),
  news: z.object({ title: z.string(), body: z.string(), isMaterial: z.boolean(), asksAgain: z.boolean() }).nullable(),
})

function contentAnswer(content: BulletinContent): z.input<typeof Content> {
  const { clinicalImpact = null, boardWords = null, sharingGroup = null, news = null } = content
  return { ...content, clinicalImpact, boardWords, sharingGroup, news }
}

const Finding = z.object({ pointer: z.string(), severity: z.enum(['error', 'warning']), message: z.string() })
const Named = z.object({ number: bulletinName, title: z.string() })
const Alone = { version: z.int(), kind: z.enum(['holding', 'emergency']), at: instant, reviewedAt: instant.nullable() }
const who = z.string().nullable().describe('null for the operator, and for whom the reader may not know')

/** What the centre works with. */
const DeskAnswer = z.object({
  threat: z.string().nullable(),
  approvedVersion: z.int().nullable(),
  createdAt: instant,
  updatedAt: instant,
  savedAt: instant,
  savedBy: who,
  findings: z.array(Finding).describe('What a reader would miss in it; errors keep it from review'),
  reviews: z.array(
    z.object({ version: z.int(), decision: z.enum(['sent', 'approved', 'returned']), at: instant, by: who, comment: z.string().nullable() }),
  ),
  rule: AudienceRule,
  sentence: z.string().describe('The rule in words'),
  release: z
    .object({
      version: z.int(),
      releasedAt: instant,
      releasedBy: who,
      audienceHash: z.string(),
      organisations: z.int(),
      contacts: z.int(),
      unreachable: z.int(),
    })
    .nullable(),
  schedule: ScheduleAnswer.nullable(),
  revision: RevisionAnswer.extend({ content: Content, findings: z.array(Finding) }).nullable(),
  alone: z.array(z.object({ ...Alone, reason: z.string(), by: who, reviewedBy: who, findings: z.string().nullable() })),
})

const Shown = z.object({
  ...head,
  content: Content,
  updates: z.array(
    z.object({
      at: instant,
      kind: z.enum(['note', 'version', 'severity', 'withdrawal', 'replacement']),
      title: z.string(),
      body: z.string(),
      version: z.int().nullable(),
      isMaterial: z.boolean(),
      asksAgain: z.boolean(),
    }),
  ),
  severities: z.array(z.object({ severity: z.enum(SEVERITIES), at: instant, reason: z.string().nullable() })),
  changes: z.array(z.object({ field: z.string(), sentences: z.array(z.string()) })).describe('What the newest published version changed'),
  releasedAlone: z.array(z.object(Alone)).describe('What of it went out by the decision of one person'),
  replacedBy: Named.nullable(),
  replaces: z.array(Named),
  answerAgainAt: instant.nullable().describe('Since when those who answered before are asked to answer again'),
  services: z.array(
    z.object({
      code: z.string(),
      name: z.string(),
      state: z.enum(SERVICE_STATE_ORDER as [ServiceState, ...ServiceState[]]),
      words: z.string(),
      moreBy: instant.nullable(),
      at: instant,
      by: z.string(),
    }),
  ),
  answers: z
    .object({
      organisation: z.string(),
      name: z.string(),
      standing: z.string(),
      history: z.array(GivenAnswer).describe('Newest first'),
      sharesDetail: z.boolean(),
      progress: z.object({ total: z.int(), done: z.int() }).nullable(),
    })
    .nullable()
    .describe('Of the organisation that asks, where it went to it'),
  runs: z
    .array(z.object({ maker: z.string(), product: z.string(), version: z.string(), count: z.int().nullable(), asOf: z.string().nullable() }))
    .describe('What the organisation that asks told that it runs of what this is about'),
  desk: DeskAnswer.nullable().describe('For the centre alone'),
})

const show = operation({
  id: 'getBulletin',
  summary: 'Read a bulletin',
  method: 'GET',
  path: '/api/v1/bulletins/:number',
  page: 'GET /bulletins/:number',
  access: { permission: 'broadcast.bulletin.view' },
  params: ofBulletin,
  answer: Shown,
  async read(db: Reader<Visible>, { params, actor, now }) {
    // The picture has an operation of its own.
    const shown = await readShown(db, params.number, actor, now, null)
    return shownAnswer(shown, now)
  },
})

function shownAnswer(shown: ShownBulletin, now: Date): z.input<typeof Shown> {
  const { bulletin, version, panel, replaced, desk } = shown
  return {
    ...shown,
    ...bulletin,
    // Sent back as it is, it changes nothing: the severity is that of today.
    content: contentAnswer({ ...version.content, severity: bulletin.severity }),
    updates: [...shown.updates],
    severities: [...shown.severities],
    changes: shown.changes.map(({ field, sentences }) => ({ field, sentences: [...sentences] })),
    releasedAlone: [...shown.alone],
    replacedBy: replaced.by,
    replaces: [...replaced.of],
    services: [...shown.services],
    answers: panel === null ? null : { ...panel, organisation: panel.organisationCode, name: panel.organisationName, history: [...panel.history] },
    runs: [...shown.matches],
    desk: desk === null ? null : deskAnswer(shown, desk, now),
  }
}

function deskAnswer({ bulletin, version }: ShownBulletin, desk: Desk, now: Date): z.input<typeof DeskAnswer> {
  const { revision } = desk
  const isWritten = bulletin.releasedAt === null && bulletin.state !== 'withdrawn'
  return {
    ...desk,
    ...bulletin,
    threat: bulletin.threatId,
    savedAt: version.savedAt,
    savedBy: version.savedBy,
    findings: isWritten ? [...findingsOf(version.content, now)] : [],
    reviews: [...desk.reviews],
    sentence: ruleSentence(desk.rule, desk.names),
    revision:
      revision === null ? null : { ...revision, content: contentAnswer(revision.content), findings: [...revisionFindings(revision.content, now)] },
    alone: [...desk.alone],
  }
}

const VersionLine = z.object({ version: z.int(), hash: z.string(), savedAt: instant, savedBy: who })

const versions = operation({
  id: 'listBulletinVersions',
  summary: 'List the versions of a bulletin, newest first',
  method: 'GET',
  path: '/api/v1/bulletins/:number/versions',
  page: 'GET /bulletins/:number/versions',
  access: { permission: 'broadcast.bulletin.work' },
  params: ofBulletin,
  answer: z.object({ number: bulletinName, items: z.array(VersionLine) }),
  async read(db: Reader<Visible>, { params: { number } }) {
    const bulletin: Bulletin = await bulletinOf(db, number)
    return { number, items: [...(await versionsOf(db, bulletin.id))] }
  },
})

const Difference = z.object({ field: z.string(), before: z.string(), after: z.string() })

const version = operation({
  id: 'getBulletinVersion',
  summary: 'Read one version of a bulletin, and how it differs from the one before',
  method: 'GET',
  path: '/api/v1/bulletins/:number/versions/:version',
  page: 'GET /bulletins/:number/versions/:version',
  access: { permission: 'broadcast.bulletin.work' },
  params: ofBulletin.extend({ version: z.coerce.number().int().positive().max(100_000).catch(0) }),
  answer: VersionLine.extend({ number: bulletinName, content: Content, differences: z.array(Difference).nullable() }),
  async read(db: Reader<Visible>, { params: { number, version: asked } }) {
    const { id } = await bulletinOf(db, number)
    const one = await versionOf(db, id, asked)
    const before = asked === 1 ? null : await versionOf(db, id, asked - 1)
    const differences = before === null ? null : [...differenceOf(before.content, one.content)]
    return { ...one, number, content: contentAnswer(one.content), differences }
  },
})

const ofVersion = z.object({ version: versionGiven })

export const bulletinOperations: readonly Route[] = [
  show,
  versions,
  version,
  bulletinStep({
    id: 'sendBulletinForReview',
    summary: 'Send the newest version for review',
    verb: 'send-for-review',
    permission: 'broadcast.bulletin.draft',
    body: ofVersion,
    run: (work, { number, body }) => sendForReview(work, { number, ...body }),
  }),
  bulletinStep({
    id: 'approveBulletin',
    summary: 'Approve exactly the version that you saw',
    description: 'Whoever wrote any of it cannot.',
    verb: 'approve',
    permission: 'broadcast.bulletin.approve',
    body: ofVersion,
    run: (work, { number, body }) => approveBulletin(work, { number, ...body }),
  }),
  bulletinStep({
    id: 'returnBulletin',
    summary: 'Give a bulletin back to its author',
    verb: 'return',
    permission: 'broadcast.bulletin.approve',
    body: ofVersion.extend({ reason: reasonGiven }),
    run: (work, { number, body: { version: seen, reason } }) => returnForChanges(work, { number, version: seen, comment: reason }),
  }),
  bulletinStep({
    id: 'abandonBulletin',
    summary: 'Give up a bulletin that was never released',
    verb: 'abandon',
    permission: 'broadcast.bulletin.draft',
    body: z.object({ reason: reasonGiven }),
    run: (work, { number, body }) => abandonBulletin(work, { number, ...body }),
  }),
  bulletinStep({
    id: 'discardBulletinRevision',
    summary: 'Discard the version that is worked on beside the one that readers see',
    verb: 'discard',
    permission: 'broadcast.bulletin.draft',
    body: z.object({ reason: reasonGiven }),
    run: (work, { number, body }) => discardRevision(work, { number, ...body }),
  }),
]
