import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import type { Kysely } from 'kysely'
import { saveAudience } from '../../src/domains/broadcast/audience/commands.ts'
import { AudienceRule } from '../../src/domains/broadcast/audience/model.ts'
import { resolveAudience, ruleOf } from '../../src/domains/broadcast/audience/queries.ts'
import { approveBulletin, draftBulletin, saveVersion, sendForReview } from '../../src/domains/broadcast/bulletins/commands.ts'
import { publishRevision, withdrawBulletin } from '../../src/domains/broadcast/bulletins/living/commands.ts'
import { BulletinContent, parseBulletinNumber } from '../../src/domains/broadcast/bulletins/model.ts'
import { bulletinOf } from '../../src/domains/broadcast/bulletins/queries.ts'
import { releaseBulletin } from '../../src/domains/broadcast/release/commands.ts'
import { addMembers, addSharingGroup } from '../../src/domains/broadcast/sharing-groups/commands.ts'
import type { Visible } from '../../src/domains/broadcast/tables.ts'
import { gather } from '../../src/domains/watch/contract.ts'
import type { WatchShared } from '../../src/domains/watch/tables.ts'
import type { Role } from '../../src/kernel/role.ts'
import { TLP, tlpRank, type Tlp } from '../../src/kernel/tlp.ts'
import { SYSTEM, type Actor } from '../../src/platform/work/actor.ts'
import { readAs } from '../../src/platform/work/read.ts'
import { runWork, type Work } from '../../src/platform/work/work.ts'
import { createTestApp, type SignedIn } from './app.ts'
import { actorAs, plantOrganisations, SOUND_CONTENT } from './broadcast.ts'
import { makeCertificate } from './certificate.ts'
import { startSmtpSink } from './smtp-sink.ts'
import { bundleOf, idOf, objectOf, relate } from './stix.ts'
import { programOf } from './tokens.ts'

/**
 * What is marked never leaks: bulletins of random labels, sharing groups and audiences are released, some as exercises, some withdrawn after, each
 * with words of its own in all that it says. Then every reader asks at every exit that there is, by every address that it could guess, and what
 * comes back, in whatever format, is searched for those words. Who may read what is said here anew, in a few lines that share nothing with the product.
 */

export const SEED = Number(process.env['MARKING_SEED'] ?? randomInt(1_000_000))
const BULLETINS = 6
export const CODES = ['A1', 'A2', 'B1', 'B2'] as const
type Code = (typeof CODES)[number]
/** Who is in each sharing group. Nobody is in the third. */
const GROUPS: readonly (readonly Code[])[] = [['A1', 'B1'], ['A2'], []]
/** The client of the partner. */
const CLIENT: Code = 'A1'
const REGION: readonly Code[] = ['A1', 'A2']

interface Plan {
  readonly tlp: Tlp
  /** Which group it is for; `null` for none. */
  readonly group: number | null
  readonly audience: readonly Code[]
  readonly isExercise: boolean
  readonly isWithdrawn: boolean
  /** The label of a second version with other words, which replaces the first; `null` without one. A narrower one is refused. */
  readonly relabelled: Tlp | null
}

export interface Planned extends Plan {
  /** Whether other words stand in the place of these. */
  readonly isReplaced?: boolean
  readonly number: number
  /** In every text that it has, and in no other. */
  readonly word: string
  /** Who was sent it. */
  readonly recipients: readonly Code[]
}

const plans = fc.record<Plan>({
  tlp: fc.constantFrom(...TLP),
  group: fc.option(fc.integer({ min: 0, max: GROUPS.length - 1 }), { freq: 2 }),
  audience: fc.subarray([...CODES], { minLength: 1 }),
  isExercise: fc.nat(5).map(number => number === 0),
  isWithdrawn: fc.nat(5).map(number => number === 0),
  relabelled: fc.option(fc.constantFrom(...TLP), { freq: 3 }),
})

const CASE: Plan = { tlp: 'GREEN', group: null, audience: ['A1', 'A2', 'B1', 'B2'], isExercise: false, isWithdrawn: false, relabelled: null }
/** What leaked elsewhere, by the report of it: each is released like the random ones, and searched for with them. */
export const CASES: Readonly<Record<string, Plan>> = {
  'what is restricted first and opened after leaves nothing of the first words to all (opencti#9160)': { ...CASE, tlp: 'AMBER', relabelled: 'CLEAR' },
  'what is for a group with nobody in it goes to nobody, not to all (MISP#4200)': { ...CASE, group: 2 },
  'an organisation outside the group gets nothing of what is shared in it (MISP#1720, MISP#1721)': { ...CASE, group: 1 },
  'a change of the group changes who is sent what comes after (MISP#7315)': { ...CASE, group: 0 },
  'only those get it who were chosen (DependencyTrack#5569, DependencyTrack#1866)': { ...CASE, audience: ['B2'] },
  'nothing is for everybody but what was said to be (taranis-ai#8)': { ...CASE, tlp: 'AMBER+STRICT', audience: ['A1'] },
  'what is withdrawn is said to be so to its readers alone': { ...CASE, audience: ['A2'], isWithdrawn: true },
  'an exercise stays among those who take part': { ...CASE, tlp: 'CLEAR', isExercise: true },
  'what is for named persons leaves by no machine': { ...CASE, tlp: 'RED', audience: ['B1'] },
}

export const sink = await startSmtpSink()
export const certificate = makeCertificate()
export const app = await createTestApp({
  smtpUrl: sink.url,
  env:
    certificate === null
      ? {}
      : {
          CAP_SIGNING_KEY_FILE: certificate.keyFile,
          CAP_SIGNING_CERTIFICATE_FILE: certificate.certificateFile,
          CAP_SENDER: 'alerts@centre.example',
          CAP_AREA: 'Larchshire',
        },
})
export const { platform } = app
const ids = await plantOrganisations(platform, [
  { code: 'YN', type: 'region' },
  ...CODES.map(code => ({ code, region: REGION.includes(code) ? 'YN' : 'YS', type: 'trust' })),
  { code: 'SU', type: 'support-unit', contacts: [] },
  { code: 'CC', type: 'centre', contacts: [] },
])
const owner = platform.database.kysely as Kysely<Visible>
await owner
  .insertInto('directory_partnership')
  .values({ id: 'pts_1', partner_id: ids.get('SU') ?? '', organisation_id: ids.get(CLIENT) ?? '', since: platform.clock.now(), until: null })
  .execute()
/** Everybody's webhook, which is told of all that it may hear. It is paused, so that what it would be sent is kept and goes nowhere. */
await owner
  .insertInto('broadcast_webhook')
  .values(
    [...ids].map(([code, organisationId]) => ({
      id: `whk_${code}`,
      organisation_id: organisationId,
      kind: 'teams' as const,
      name: 'All',
      host: 'hooks.example',
      address_sealed: '',
      secret_sealed: null,
      events: ['bulletin.released', 'bulletin.updated', 'bulletin.withdrawn'],
      least_severity: 'information' as const,
      takes_exercises: true,
      state: 'paused' as const,
      state_at: platform.clock.now(),
      created_by: 'test',
      created_at: platform.clock.now(),
    })),
  )
  .execute()
const analyst = actorAs('analyst')
const manager = actorAs('duty-manager')
const doing = <R>(actor: Actor, body: (work: Work<Visible>) => Promise<R>) => runWork<Visible, R>(platform, actor, body)
const groupIds: string[] = []
for (const [index, codes] of GROUPS.entries()) {
  const groupId = await doing(manager, work => addSharingGroup(work, { name: `Group ${index}`, purpose: 'To share', id: null }))
  if (codes.length > 0) await doing(manager, work => addMembers(work, { groupId, codes }))
  groupIds.push(groupId)
}

/** What a bulletin says, with that word in all of it. */
function contentWith(word: string, tlp: Tlp, groupId: string | undefined): BulletinContent {
  return BulletinContent.parse({
    ...SOUND_CONTENT,
    tlp,
    title: `A flaw called ${word}`,
    shortSummary: `In short, ${word} is bad.`,
    summary: `A **${word}** it is.`,
    threatDetails: `More of ${word}.`,
    steps: [{ type: 'Patch', text: `Mend ${word}`, link: `https://maker.example/${word}` }],
    platforms: [{ platform: `Records ${word}`, versions: ['1'], text: word }],
    indicators: `${word}.example`,
    sources: [`https://maker.example/${word}/advisory`],
    ...(groupId === undefined ? {} : { sharingGroup: { id: groupId } }),
  })
}

/** Replaces a released bulletin by a version of other words, which tells nobody. A narrower label is refused, since its readers have the text. */
async function replace(number: number, from: Tlp, content: BulletinContent): Promise<boolean> {
  await platform.runJobs()
  platform.clock.advanceHours(1)
  const news = { title: 'It is put otherwise', body: '', isMaterial: false, asksAgain: false }
  const published = async () => {
    await doing(analyst, work => saveVersion(work, { number, baseVersion: 1, content: { ...content, news } }))
    await doing(analyst, work => sendForReview(work, { number, version: 2 }))
    await doing(manager, work => approveBulletin(work, { number, version: 2 }))
    await doing(manager, work => publishRevision(work, { number, version: 2, baseUrl: platform.config.baseUrl }))
  }
  const isNarrower = tlpRank(content.tlp) > tlpRank(from)
  await (isNarrower ? assert.rejects(published(), { code: 'broadcast.bulletin.narrower-label' }) : published())
  return !isNarrower
}

/** Releases what was planned by every rule of the product: each version of it, with its own words. None where they refuse it, as CLEAR for a group or nobody to reach. */
async function release(plan: Plan, index: number): Promise<readonly Planned[]> {
  const word = `canary${index}word`
  const groupId = plan.group === null ? undefined : groupIds[plan.group]
  const content = contentWith(word, plan.tlp, groupId)
  const recipients = plan.audience.filter(code => plan.group === null || GROUPS[plan.group]?.includes(code) === true)
  try {
    const drafted = await doing(analyst, work => draftBulletin(work, { threatId: null, content, isExercise: plan.isExercise }))
    const number = parseBulletinNumber(drafted.number) ?? 0
    await doing(analyst, work => saveAudience(work, { number, rule: AudienceRule.parse({ organisations: plan.audience }) }))
    await doing(analyst, work => sendForReview(work, { number, version: 1 }))
    await doing(manager, work => approveBulletin(work, { number, version: 1 }))
    const { hash } = await readAs<Visible, Awaited<ReturnType<typeof resolveAudience>>>(platform, manager, async db =>
      resolveAudience(db, await ruleOf(db, (await bulletinOf(db, number)).id)),
    )
    await doing(manager, work => releaseBulletin(work, { number, version: 1, audienceHash: hash, baseUrl: platform.config.baseUrl }))
    const first: Planned = { ...plan, number, word, recipients }
    const second =
      plan.relabelled === null || (plan.relabelled === 'CLEAR' && plan.group !== null)
        ? null
        : contentWith(`canary${index + 1_000}word`, plan.relabelled, groupId)
    const isReplaced = second !== null && (await replace(number, plan.tlp, second))
    if (plan.isWithdrawn) await doing(manager, work => withdrawBulletin(work, { number, reason: 'It was wrong.' }))
    return isReplaced
      ? [
          { ...first, isReplaced },
          { ...first, tlp: second.tlp, word: `canary${index + 1_000}word` },
        ]
      : [first]
  } catch (error) {
    const isRefused = (plan.tlp === 'CLEAR' && plan.group !== null) || recipients.length === 0
    if (!isRefused) throw error
    return []
  }
}

export const released: Planned[] = []
for (const [index, plan] of [...Object.values(CASES), ...fc.sample(plans, { numRuns: BULLETINS, seed: SEED })].entries()) {
  platform.clock.advanceHours(1)
  released.push(...(await release(plan, index)))
  await platform.runJobs()
}

/** How a threat and what lies next to it are marked where they come from, in STIX. */
interface ThreatPlan {
  readonly campaign: Tlp
  readonly note: Tlp
  readonly course: Tlp
  readonly indicator: Tlp
}

/** The marking definitions of OASIS for TLP 2.0. */
const MARKINGS: Readonly<Record<Tlp, string>> = {
  CLEAR: 'marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487',
  GREEN: 'marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb',
  AMBER: 'marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421',
  'AMBER+STRICT': 'marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003',
  RED: 'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1',
}
const THREATS = 5
const label = fc.constantFrom(...TLP)
const threatPlans: readonly ThreatPlan[] = [
  { campaign: 'AMBER', note: 'RED', course: 'RED', indicator: 'AMBER' },
  ...fc.sample(fc.record({ campaign: label, note: label, course: label, indicator: label }), { numRuns: THREATS, seed: SEED }),
]

/** The words of what was gathered, each of one object and in nothing else, with its label. */
export const threatWords = new Map<string, Tlp>()

function threatBundle(plan: ThreatPlan, index: number): unknown {
  const word = (part: keyof ThreatPlan) => {
    const made = `secret${index}${part}word`
    threatWords.set(made, plan[part])
    return made
  }
  const marked = (tlp: Tlp) => ({ object_marking_refs: [MARKINGS[tlp]] })
  const [campaign, course, indicator] = [idOf('campaign', index), idOf('course-of-action', index), idOf('indicator', index)]
  return bundleOf(
    objectOf('campaign', { name: word('campaign'), ...marked(plan.campaign) }, index),
    objectOf('note', { name: undefined, content: word('note'), object_refs: [campaign], ...marked(plan.note) }, index),
    objectOf('course-of-action', { name: word('course'), ...marked(plan.course) }, index),
    relate('mitigates', course, campaign, marked('CLEAR'), 2 * index),
    objectOf(
      'indicator',
      {
        name: undefined,
        pattern: `[domain-name:value = '${word('indicator')}.example']`,
        pattern_type: 'stix',
        valid_from: '2024-01-02T03:04:05.000Z',
        ...marked(plan.indicator),
      },
      index,
    ),
    relate('indicates', indicator, campaign, marked('CLEAR'), 2 * index + 1),
  )
}

for (const [index, plan] of threatPlans.entries()) {
  const { failure } = await gather(platform, SYSTEM, {
    address: `threat-${index}.json`,
    bytes: Buffer.from(JSON.stringify(threatBundle(plan, index))),
  })
  assert.equal(failure, null)
}
await platform.runJobs()
export const threats = await (platform.database.kysely as Kysely<WatchShared>).selectFrom('watch_threat').select(['id', 'tlp']).execute()

export interface Reader {
  readonly name: string
  /** The headers by which they are known in a browser, and those of a program of theirs. */
  readonly asBrowser: Readonly<Record<string, string>>
  readonly asProgram: Readonly<Record<string, string>>
  /** Whether they may read it where they sign in. */
  mayRead(bulletin: Planned): boolean
}

async function signedIn(
  name: string,
  role: Role,
  organisation: string,
  mayRead: Reader['mayRead'],
): Promise<Reader & { readonly person: SignedIn; readonly email: string }> {
  const person = await app.signIn(role, { organisation })
  const { token } = await programOf(app, person, role)
  return {
    name,
    person,
    asBrowser: { cookie: `carecert=${person.cookie('carecert') ?? ''}` },
    asProgram: { authorization: `Bearer ${token}` },
    mayRead,
    email: `${person.personId}@test.invalid`,
  }
}

const isSentTo = (codes: readonly Code[]) => (bulletin: Planned) => bulletin.recipients.some(code => codes.includes(code))
const nobody: Reader = { name: 'nobody', asBrowser: {}, asProgram: {}, mayRead: () => false }
export const leads = await Promise.all(CODES.map(code => signedIn(code, 'cyber-lead', code, isSentTo([code]))))
/** Who looks after others is of no group by that, and a partner reads nothing that stays within an organisation (FIRST TLP 2.0). */
const isOfNoGroup = ({ group }: Planned) => group === null
export const partner = await signedIn(
  'the partner of A1',
  'partner-responder',
  'SU',
  bulletin => isSentTo([CLIENT])(bulletin) && isOfNoGroup(bulletin) && tlpRank(bulletin.tlp) < tlpRank('AMBER+STRICT'),
)
export const region = await signedIn(
  'the region of A1 and A2',
  'regional-lead',
  'YN',
  bulletin => isSentTo(REGION)(bulletin) && isOfNoGroup(bulletin),
)
export const centre = await signedIn('the centre', 'analyst', 'CC', () => true)
export const readers: readonly Reader[] = [nobody, ...leads, partner, region, centre]

/** What anybody may read without signing in. */
export const isForAll = ({ tlp, group, isExercise }: Planned) => tlp === 'CLEAR' && group === null && !isExercise
export const isUpTo = ({ tlp }: Planned, widest: Tlp) => tlpRank(tlp) <= tlpRank(widest)
