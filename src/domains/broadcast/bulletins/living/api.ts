import { z } from 'zod'
import { NotFound } from '../../../../kernel/errors.ts'
import { instant } from '../../../../platform/http/api-schemas.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { aloneGiven, bulletinGiven, bulletinName, bulletinStep, ofBulletin, reasonGiven, versionGiven } from '../../api.ts'
import { canRelease } from '../../policy.ts'
import type { Visible } from '../../tables.ts'
import { revisionFindings, SEVERITIES } from '../model.ts'
import { bulletinOf, revisionOf, versionOf } from '../queries.ts'
import { addUpdate, changeSeverity, publishAlone, publishRevision, supersedeBulletin, withdrawBulletin } from './commands.ts'
import { publishedChange, reachOf } from './queries.ts'

/** Whether those who got it are told: there is no default, as on the page. */
const grave = z.object({ reason: reasonGiven, tells: z.boolean('Choose whether those who got it are told') })

function tellsOf({ tells }: { readonly tells: boolean }, baseUrl: string) {
  return tells ? { baseUrl } : null
}

const Reach = z.object({ organisations: z.int(), contacts: z.int() })

const nextVersion = operation({
  id: 'checkBulletinPublication',
  summary: 'Look at the next version of a released bulletin before it is published',
  method: 'GET',
  path: '/api/v1/bulletins/:number/publish',
  page: 'GET /bulletins/:number/publish',
  access: { permission: 'broadcast.bulletin.release' },
  params: ofBulletin,
  answer: z.object({
    number: bulletinName,
    version: z.int(),
    isMaterial: z.boolean().nullable(),
    reach: Reach.describe('Whom a material change tells'),
    obstacles: z.array(z.string()).describe('What stands in the way of publishing it'),
  }),
  async read(db: Reader<Visible>, { params: { number }, actor, now }) {
    const bulletin = await bulletinOf(db, number)
    const revision = bulletin.state === 'released' ? await revisionOf(db, bulletin.id) : undefined
    if (revision === undefined) throw new NotFound('broadcast.version.none', 'Nobody works on a next version of this bulletin.')
    const { content } = await versionOf(db, bulletin.id, revision.version)
    const decision = canRelease(actor, revision)
    const missing = revisionFindings(content, now).filter(({ severity }) => severity === 'error')
    return {
      number,
      version: revision.version,
      isMaterial: content.news?.isMaterial ?? null,
      reach: await reachOf(db, bulletin.id),
      obstacles: [...(decision.ok ? [] : [decision.reason]), ...missing.map(({ message }) => message)],
    }
  },
})

const changes = operation({
  id: 'getBulletinChanges',
  summary: 'Read what a published version changed of the one before',
  method: 'GET',
  path: '/api/v1/bulletins/:number/changes/:version',
  page: 'GET /bulletins/:number/changes/:version',
  access: { permission: 'broadcast.bulletin.view' },
  params: ofBulletin.extend({ version: z.coerce.number().int().positive().max(100_000).catch(0) }),
  answer: z.object({
    number: bulletinName,
    version: z.int().nullable(),
    at: instant,
    title: z.string(),
    body: z.string(),
    isMaterial: z.boolean(),
    asksAgain: z.boolean(),
    changes: z.array(z.object({ field: z.string(), sentences: z.array(z.string()) })),
  }),
  async read(db: Reader<Visible>, { params: { number, version } }) {
    const { update, changed } = await publishedChange(db, number, version)
    return { number, ...update, changes: changed.map(({ field, sentences }) => ({ field, sentences: [...sentences] })) }
  },
})

export const livingOperations: readonly Route[] = [
  nextVersion,
  changes,
  bulletinStep({
    id: 'addBulletinNote',
    summary: 'Add a dated note to a released bulletin; nobody is told',
    verb: 'update',
    permission: 'broadcast.bulletin.draft',
    body: z.object({ title: z.string().max(400), body: z.string().max(40_000) }),
    run: (work, { number, body }) => addUpdate(work, { number, ...body }),
  }),
  bulletinStep({
    id: 'changeBulletinSeverity',
    summary: 'Give a released bulletin another severity, dated and with its reason',
    verb: 'severity',
    permission: 'broadcast.bulletin.release',
    body: grave.extend({ severity: z.enum(SEVERITIES, 'Choose a severity') }),
    run: (work, { number, body, baseUrl }) =>
      changeSeverity(work, { number, severity: body.severity, reason: body.reason, tells: tellsOf(body, baseUrl) }),
  }),
  bulletinStep({
    id: 'withdrawBulletin',
    summary: 'Withdraw a released bulletin; the record is kept',
    verb: 'withdraw',
    permission: 'broadcast.bulletin.withdraw',
    body: grave,
    run: (work, { number, body, baseUrl }) => withdrawBulletin(work, { number, reason: body.reason, tells: tellsOf(body, baseUrl) }),
  }),
  bulletinStep({
    id: 'supersedeBulletin',
    summary: 'Replace a released bulletin by another that is live',
    verb: 'supersede',
    permission: 'broadcast.bulletin.withdraw',
    body: grave.extend({ by: bulletinGiven }),
    run: (work, { number, body, baseUrl }) => supersedeBulletin(work, { number, by: body.by, reason: body.reason, tells: tellsOf(body, baseUrl) }),
  }),
  bulletinStep({
    id: 'publishBulletinVersion',
    summary: 'Publish the approved next version of a released bulletin',
    description: 'Only a material one is mailed.',
    verb: 'publish',
    permission: 'broadcast.bulletin.release',
    body: z.object({ version: versionGiven }),
    run: (work, { number, body, baseUrl }) => publishRevision(work, { number, version: body.version, baseUrl }),
  }),
  bulletinStep({
    id: 'publishBulletinVersionAlone',
    summary: 'Publish, by the decision of one person, what nobody else approved',
    verb: 'publish-alone',
    permission: 'broadcast.bulletin.release-alone',
    body: z.object({ version: versionGiven, ...aloneGiven }),
    run: (work, { number, body: { version, reason }, baseUrl }) => publishAlone(work, { number, version, reason, baseUrl }),
  }),
]
