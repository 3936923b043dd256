import { Invalid, NotFound } from '../../../../kernel/errors.ts'
import { cleanLine } from '../../../../kernel/text.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { savedFilters } from './queries.ts'

const LONGEST_NAME = 60
/** More links than these on one page help nobody to find one. */
const MOST_KEPT = 30

/** Keeps a filter for whoever asks; one that is kept under that name already is replaced. Throws `Invalid` without a name, or with too many. */
export async function keepFilter(work: Work<Visible>, given: { readonly name: string; readonly address: string }): Promise<void> {
  assertMay(work.actor, 'watch.threat.list')
  const name = cleanLine(given.name)
  if (name === '') throw new Invalid('watch.threat-filter.name', 'Give the filter a name.')
  if (name.length > LONGEST_NAME) throw new Invalid('watch.threat-filter.name-length', `Use ${LONGEST_NAME} characters or fewer.`)
  const kept = await savedFilters(work.db, work.actor.id)
  if (kept.length >= MOST_KEPT && !kept.some(filter => filter.name === name))
    throw new Invalid('watch.threat-filter.too-many', `You keep ${MOST_KEPT} filters. Remove one first.`)
  await work.db
    .insertInto('watch_threat_filter')
    .values({ person_id: work.actor.id, name, address: given.address, saved_at: work.now })
    .onConflict(conflict =>
      conflict.columns(['person_id', 'name']).doUpdateSet(eb => ({ address: eb.ref('excluded.address'), saved_at: eb.ref('excluded.saved_at') })),
    )
    .execute()
  work.record({ verb: 'watch.threat-filter.kept', subject: { kind: 'person', id: work.actor.id } })
}

/** Removes a filter of whoever asks. Throws `NotFound` when there is none of that name. */
export async function removeFilter(work: Work<Visible>, name: string): Promise<void> {
  assertMay(work.actor, 'watch.threat.list')
  const { numDeletedRows } = await work.db
    .deleteFrom('watch_threat_filter')
    .where('person_id', '=', work.actor.id)
    .where('name', '=', cleanLine(name))
    .executeTakeFirstOrThrow()
  if (numDeletedRows === 0n) throw new NotFound('watch.threat-filter.unknown', 'You keep no filter of that name. It may be removed already.')
  work.record({ verb: 'watch.threat-filter.removed', subject: { kind: 'person', id: work.actor.id } })
}
