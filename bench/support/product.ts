import { compose, type Composition } from '../../src/app/compose.ts'
import { saveAudience } from '../../src/domains/broadcast/audience/commands.ts'
import type { FlatRuleInput } from '../../src/domains/broadcast/audience/flat.ts'
import { AudienceRule } from '../../src/domains/broadcast/audience/model.ts'
import { ruleOf, summariseAudience } from '../../src/domains/broadcast/audience/queries.ts'
import { approveBulletin, draftBulletin, sendForReview } from '../../src/domains/broadcast/bulletins/commands.ts'
import { BulletinContent, parseBulletinNumber } from '../../src/domains/broadcast/bulletins/model.ts'
import { bulletinOf } from '../../src/domains/broadcast/bulletins/queries.ts'
import { releaseBulletin, type Released } from '../../src/domains/broadcast/release/commands.ts'
import type { Visible } from '../../src/domains/broadcast/tables.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { readAs } from '../../src/platform/work/read.ts'
import { runWork } from '../../src/platform/work/work.ts'
import { actorAs, SOUND_CONTENT } from '../../test/support/broadcast.ts'

/** The environment of every process of one installation under measurement. */
export function environmentOf(databaseUrl: string, folder: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    CARECERT_DATA: folder,
    CARECERT_SECRET: 'a secret for benchmarks only, of no worth',
    BASE_URL: 'http://127.0.0.1:8080',
    LOG_LEVEL: 'error',
    ...more,
  }
}

/** The product's own platform in this process. */
export function openPlatform(env: Readonly<Record<string, string>>): Promise<Composition> {
  return compose(env, { migrate: true, sampleWhenEmpty: false, sendsMail: true })
}

/** A text as long as bulletins are. */
const CONTENT = BulletinContent.parse({
  ...SOUND_CONTENT,
  tlp: 'GREEN',
  summary:
    'A flaw lets a stranger **sign in** to Larch Records from the network. Nobody is known to have used it. The maker has mended it in version 9.2. '.repeat(
      8,
    ),
})

/** Drafts a bulletin for whom the rule names, and has it reviewed: all but released. Gives its number. */
export async function approvedBulletin(platform: Platform, rule: FlatRuleInput): Promise<number> {
  const analyst = actorAs('analyst')
  const number = await runWork<Visible, number>(platform, analyst, async work => {
    const drafted = parseBulletinNumber((await draftBulletin(work, { threatId: null, content: CONTENT })).number) ?? 0
    await saveAudience(work, { number: drafted, rule: AudienceRule.parse(rule) })
    await sendForReview(work, { number: drafted, version: 1 })
    return drafted
  })
  await runWork<Visible, void>(platform, actorAs('duty-manager'), work => approveBulletin(work, { number, version: 1 }))
  return number
}

/** Releases it as a duty manager who has seen whom it reaches. */
export async function releaseNow(platform: Platform, number: number): Promise<Released> {
  const manager = actorAs('duty-manager')
  const { hash } = await readAs<Visible, { hash: string }>(platform, manager, async db =>
    summariseAudience(db, await ruleOf(db, (await bulletinOf(db, number)).id)),
  )
  return runWork<Visible, Released>(platform, manager, work =>
    releaseBulletin(work, { number, version: 1, audienceHash: hash, baseUrl: platform.config.baseUrl }),
  )
}
