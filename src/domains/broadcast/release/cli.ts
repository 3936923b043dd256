import { Invalid, NotFound } from '../../../kernel/errors.ts'
import { required, type Command, type CommandContext } from '../../../platform/cli/command.ts'
import { sleep } from '../../../platform/clock/clock.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { ruleOf, summariseAudience, type AudienceSummary } from '../audience/queries.ts'
import { bulletinNumber, parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../bulletins/queries.ts'
import type { DeliveryCounts } from '../deliveries/model.ts'
import { deliveryCounts } from '../deliveries/queries.ts'
import type { Visible } from '../tables.ts'
import { releaseAlone, releaseBulletin, type Released } from './commands.ts'

const POLL_MILLIS = 500

const release: Command = {
  name: 'bulletins release',
  summary: 'Release an approved bulletin to its audience',
  arguments: [required('id', 'the bulletin, such as CC-5001')],
  options: [
    { flags: '--hash <hash>', meaning: 'the audience that was looked at (from "bulletins audience"): refuse when it has changed since' },
    { flags: '--alone <reason>', meaning: 'in an emergency: release what nobody else approved, and why; somebody else reviews it after' },
    { flags: '--wait', meaning: 'show the messages go out, until each was handed over or put off' },
  ],
  permission: 'broadcast.bulletin.release',
  async run(context, [id = ''], options) {
    const { platform, actor, output } = context
    const number = parseBulletinNumber(id)
    if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', `"${id}" is not the number of a bulletin. Write it as CC-5001.`)
    const { bulletin, audience } = await readAs<Visible, { bulletin: Bulletin; audience: AudienceSummary }>(platform, actor, async db => {
      const found = await bulletinOf(db, number)
      return { bulletin: found, audience: await summariseAudience(db, await ruleOf(db, found.id)) }
    })
    const to = `${audience.organisations.toLocaleString('en-GB')} ${audience.organisations === 1 ? 'organisation' : 'organisations'}`
    // A refusal by the rules comes from the command itself; only what could go out is asked about.
    const alone = typeof options['alone'] === 'string' ? options['alone'] : ''
    const isAsked = (bulletin.state === 'approved' || alone !== '') && audience.organisations > 0
    if (isAsked && !(await output.confirm(`Release ${bulletinNumber(number)} "${bulletin.title}" to ${to}?`))) {
      throw new Invalid('broadcast.release.not-confirmed', 'Nothing was released. Answer yes, or give --yes.')
    }
    const audienceHash = typeof options['hash'] === 'string' ? options['hash'] : audience.hash
    const released = await runWork<Visible, Released>(platform, actor, work =>
      alone === ''
        ? releaseBulletin(work, { number, version: bulletin.version, audienceHash, baseUrl: platform.config.baseUrl })
        : releaseAlone(work, { number, version: bulletin.version, audienceHash, baseUrl: platform.config.baseUrl, reason: alone }),
    )
    const counts = options['wait'] === true ? await watchDelivery(context, bulletin.id) : null
    const sent =
      counts === null
        ? []
        : [
            `${counts.sent.toLocaleString('en-GB')} sent, ${counts.failed.toLocaleString('en-GB')} put off, ${counts.givenUp.toLocaleString('en-GB')} given up.`,
          ]
    const { organisations, contacts, unreachable } = released
    output.result(
      { number: bulletinNumber(number), organisations, contacts, unreachable, hash: audienceHash, ...(counts === null ? {} : { delivery: counts }) },
      [
        `${bulletinNumber(number)} is released to ${to}: ${contacts.toLocaleString('en-GB')} messages, ${unreachable.toLocaleString('en-GB')} organisations that cannot be mailed.`,
        ...sent,
      ],
    )
  },
}

export const releaseCommands: readonly Command[] = [release]

/** Follows the workers until no message is waiting or on the wire; those put off are tried again later without us. */
async function watchDelivery({ platform, actor, output }: CommandContext, bulletinId: string): Promise<DeliveryCounts> {
  const read = () => readAs<Visible, DeliveryCounts>(platform, actor, db => deliveryCounts(db, bulletinId))
  let counts = await read()
  const progress = output.progress('Messages', counts.total)
  try {
    while (counts.queued > 0) {
      await sleep(POLL_MILLIS)
      counts = await read()
      progress.update(counts.total - counts.queued)
    }
    return counts
  } finally {
    progress.stop()
  }
}
