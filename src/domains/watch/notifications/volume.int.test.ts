import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { incidentNarratives } from '../../../../test/support/incident-narratives.ts'
import { skipWithoutSharedData } from '../../../../test/support/shared-data.ts'
import { chunks } from '../../../platform/db/chunks.ts'
import { readForm } from '../../../platform/forms/form.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { receiveNotification, type Arrival } from './commands.ts'
import type { Report } from './model.ts'
import { reportForm } from './report/fields.ts'

const FROM_A_FILE: Arrival = { via: 'file', networkHash: null, emailHash: null, requestHash: null, isTrapSprung: false, openMillis: undefined }
/** Far above what a page takes on an idle machine, and far below what a scan of everything for each row would. */
const SLOWEST_MILLIS = 500

test(
  'the narratives of real incidents load as notifications: dates, sizes and types parse, and the pages stay quick',
  { skip: skipWithoutSharedData },
  async t => {
    const app = await createTestApp()
    const analyst = await app.signIn('analyst')
    const narratives = incidentNarratives()
    const by = (from: string) => narratives.filter(one => one.from === from)
    assert.deepEqual(
      ['hhs', 'vcdb', 'veris', 'thehive'].map(from => by(from).length),
      [1_509, 22, 4, 19],
    )

    const reports = narratives.map(({ fields }): Report => {
      const read = readForm(reportForm, fields)
      assert.ok(read.ok, JSON.stringify(read))
      return read.value
    })
    let repeats = 0
    for (const some of chunks(reports))
      await runWork(app.platform, SYSTEM, async (work: Work<Visible>) => {
        for (const report of some) if ((await receiveNotification(work, report, FROM_A_FILE)).isRepeat) repeats += 1
      })
    await app.platform.runJobs()

    const facts = await readAs<Visible, { kind: string; count: number; people: number; dated: number }[]>(app.platform, SYSTEM, db =>
      db
        .selectFrom('watch_notification')
        .select(eb => [
          'kind',
          eb.fn.countAll<number>().as('count'),
          eb.fn.coalesce(eb.fn.sum<number>('people_affected'), eb.lit(0)).as('people'),
          eb.fn.count<number>('since_at').as('dated'),
        ])
        .groupBy('kind')
        .orderBy('kind')
        .execute(),
    )
    const total = facts.reduce((sum, { count }) => sum + count, 0)
    assert.deepEqual([total, repeats], [1_552, 2], 'what says the very same is the same')
    // The regulator's files and the cases have a full date each; VERIS often has a year alone, which is kept as words.
    assert.deepEqual(
      facts.map(({ kind, count, dated, people }) => [kind, count, dated, people]),
      [
        ['data-breach', 875, 862, 24_183_306],
        ['intrusion', 626, 621, 65_979_418],
        ['malware', 3, 1, 0],
        ['not-sure', 5, 5, 1_910_002],
        ['other', 42, 42, 272_353],
        ['phishing', 1, 0, 0],
      ],
    )

    const { items, threats, waiting } = await readAs<Visible, { items: number; threats: number; waiting: number }>(app.platform, SYSTEM, async db => {
      const count = async (table: 'watch_item' | 'watch_threat') =>
        (
          await db
            .selectFrom(table)
            .select(eb => eb.fn.countAll<number>().as('count'))
            .executeTakeFirstOrThrow()
        ).count
      const { waiting: left } = await db
        .selectFrom('watch_notification')
        .select(eb => eb.fn.countAll<number>().as('waiting'))
        .where('needs_understanding', '=', true)
        .executeTakeFirstOrThrow()
      return { items: await count('watch_item'), threats: await count('watch_threat'), waiting: left }
    })
    assert.deepEqual({ items, threats, waiting }, { items: total, threats: total, waiting: 0 }, 'each is a threat of its own')

    for (const address of [
      '/incident-notifications',
      '/incident-notifications?sort=newest&kind=intrusion',
      '/incident-notifications?q=laptop+stolen',
    ]) {
      const times: number[] = []
      for (let time = 0; time < 5; time += 1) {
        const before = performance.now()
        const { statusCode } = await analyst.get(address)
        times.push(performance.now() - before)
        assert.equal(statusCode, 200)
      }
      const median = times.toSorted((a, b) => a - b)[2] ?? Infinity
      t.diagnostic(`${address}: ${Math.round(median)} ms`)
      assert.ok(median < SLOWEST_MILLIS, `${address} took ${Math.round(median)} ms`)
    }
    const csv = await analyst.get('/incident-notifications.csv')
    assert.equal(csv.body.match(/^"?IN-2026-\d{4}/gm)?.length, total)
  },
)
