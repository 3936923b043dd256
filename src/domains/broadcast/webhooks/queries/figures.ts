import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

/** How many endpoints, waiting messages and callbacks there are: read by the system. */
export async function channelFigures(db: Reader<Visible>) {
  const states = await db
    .selectFrom('broadcast_webhook')
    .where('state', '!=', 'removed')
    .groupBy('state')
    .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
    .execute()
  const { waiting } = await db
    .selectFrom('broadcast_webhook_message')
    .where('state', 'in', ['waiting', 'sending', 'failed'])
    .select(({ fn }) => fn.countAll<number>().as('waiting'))
    .executeTakeFirstOrThrow()
  const callbacks = await db.selectFrom('broadcast_notify_callback').select(['status', 'is_known as isKnown', 'count']).execute()
  return { states, waiting, callbacks }
}
