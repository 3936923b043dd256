import type { DirectoryTables } from '../../domains/directory/tables.ts'
import { addSource, gather } from '../../domains/watch/contract.ts'
import { receiveNotification } from '../../domains/watch/notifications/commands.ts'
import type { Visible } from '../../domains/watch/tables.ts'
import { actOnThreat } from '../../domains/watch/threats/triage/commands.ts'
import { Conflict, Invalid } from '../../kernel/errors.ts'
import type { Output } from '../../platform/cli/output.ts'
import type { Platform } from '../../platform/platform.ts'
import { isEmpty, storeSetting } from '../../platform/settings.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import { sampleArrivals } from './arrivals.ts'
import { keepDesk } from './desk.ts'
import { addContacts, addOrganisations, addTechnology } from './directory.ts'
import { SAMPLE_OUTAGE, sampleAlerts, sampleCatalogue } from './feed.ts'
import { tellHistory } from './history.ts'
import { addPeople, type SampleStaff } from './people.ts'
import { createRandom } from './random.ts'
import { tellReviews } from './reviews.ts'
import { buildSector, LARGEST, SMALLEST, type SampleSector } from './sector.ts'

/** Fills an empty database with the invented sector, and marks it as the sample for good. Throws `Conflict` when it is in use. */
export async function loadSample(platform: Platform, output: Output, options: { organisations: number; seed: number }): Promise<void> {
  const { organisations, seed } = options
  if (!Number.isInteger(organisations) || organisations < SMALLEST || organisations > LARGEST) {
    throw new Invalid('app.sample.size', `Ask for ${SMALLEST} to ${LARGEST} organisations.`)
  }
  if (!Number.isSafeInteger(seed)) throw new Invalid('app.sample.seed', 'The seed is a whole number.')
  if (!(await isEmpty(platform.database)))
    throw new Conflict(
      'app.sample.not-empty',
      'This database is in use. The sample goes into an empty one: name another CARECERT_DATA or DATABASE_URL.',
    )

  const sector = buildSector(options)
  const steps = output.progress('Inventing a sector', 7)
  const directory = <R>(body: (work: Work<DirectoryTables>) => Promise<R>) => runWork(platform, SYSTEM, body)
  output.say(`Inventing a sector of ${sector.organisations.length} organisations. This takes about half a minute.`)
  try {
    await storeSetting(platform.database, 'sample', true)
    const idOf = await directory(work => addOrganisations(work, sector))
    steps.update(1)
    await directory(work => addContacts(work, sector, idOf))
    steps.update(2)
    await directory(work => addTechnology(work, sector))
    steps.update(3)
    const staff = await directory(work => addPeople(work, sector, idOf, seed))
    steps.update(4)
    const now = platform.clock.now()
    const arrivals = sampleArrivals(now)
    // Sources of their own: the real feeds, gathered later, neither withdraw the invented nor count as older than it.
    await runWork(platform, SYSTEM, async work => {
      await addSource(work, { code: 'invented-catalogue', name: 'Invented catalogue of exploited flaws', format: 'kev-json', url: null })
      await addSource(work, { code: 'invented-alerts', name: 'Invented cyber alerts', format: 'nhs-cyber-alerts', url: null })
      for (const { source } of arrivals) await addSource(work, { ...source, url: null })
      await addSource(work, { code: 'invented-supplier', name: 'Invented supplier’s advisories', format: 'csaf', url: null })
    })
    await gather(platform, SYSTEM, { address: 'invented-catalogue.json', bytes: Buffer.from(sampleCatalogue(now)), source: 'invented-catalogue' })
    await gather(platform, SYSTEM, { address: 'invented-alerts.json', bytes: Buffer.from(sampleAlerts(now)), source: 'invented-alerts' })
    await gather(platform, SYSTEM, { address: 'invented-supplier.html', bytes: Buffer.from(SAMPLE_OUTAGE), source: 'invented-supplier' })
    for (const { source, address, text } of arrivals) await gather(platform, SYSTEM, { address, bytes: Buffer.from(text), source: source.code })
    await dismissOne(platform, staff)
    await reportOne(platform, sector)
    steps.update(5)
    await tellHistory(platform, staff, createRandom(seed + 2))
    await keepDesk(platform, staff)
    steps.update(6)
    await tellReviews(platform, staff, seed)
    steps.update(7)
  } finally {
    steps.stop()
  }
}

/** A practice has reported something: it stands among the notifications, and in the queue once the worker has understood it. */
async function reportOne(platform: Platform, sector: SampleSector): Promise<void> {
  const practice = sector.organisations.find(({ type }) => type === 'practice')
  await runWork(platform, SYSTEM, async (work: Work<Visible>) =>
    receiveNotification(
      work,
      {
        what: 'Two of us signed in on a page that looked like our mail. Messages that we did not write have gone out since.',
        kind: 'phishing',
        since: 'this morning',
        care: 'unknown',
        peopleAffected: 2,
        organisation: practice?.code ?? '',
        name: 'The practice manager (invented)',
        phone: '01632 960 123',
        email: null,
        mayCall: true,
        shareWithRegion: true,
        writtenAt: null,
      },
      { via: 'form', networkHash: null, emailHash: null, requestHash: null, isTrapSprung: false, openMillis: null },
    ),
  )
}

async function dismissOne(platform: Platform, staff: SampleStaff): Promise<void> {
  await runWork(platform, staff.analyst, async (work: Work<Visible>) => {
    const threat = await work.db.selectFrom('watch_threat').select('id').where('title', 'like', 'End of support%').executeTakeFirst()
    if (threat !== undefined) await actOnThreat(work, threat.id, 'dismiss', 'Everybody was told in the spring, and the replacement is under way.')
  })
}
