import { v4 as uuidv4 } from 'uuid'
import { z } from 'zod'
import { mayTellSightings } from '../../../domains/watch/contract.ts'
import { NotFound } from '../../../kernel/errors.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import { taxii, taxiiError, taxiiFailure } from '../answer.ts'
import { accepts, isTaxii } from '../media-type.ts'
import { ROOT, SIGHTINGS, TAXII, type Collection } from '../model.ts'
import { collectionCalled, statusOf } from '../queries.ts'
import type { Visible, WrittenObject } from '../tables.ts'
import { writeSightings, type Written } from './commands.ts'
import { objectsIn } from './envelope.ts'

const READ = { permission: 'broadcast.bulletin.view' }

const add = route({
  method: 'POST',
  path: `${ROOT}collections/:collection/objects/`,
  // Who may not write is told so of a collection that it may read, and of no other (§5.4).
  access: READ,
  params: z.object({ collection: z.string().max(100) }),
  failure: taxiiFailure,
  async handle(request) {
    if (!accepts(request.header('accept'))) return taxiiError(406, 'Not acceptable', `This server answers in ${TAXII}.`)
    if (!isTaxii(request.header('content-type'))) return taxiiError(415, 'Unsupported media type', `Send an envelope as ${TAXII}.`)
    const { found, mayWrite } = await request.read<Visible, { found: Collection | undefined; mayWrite: boolean }>(async db => ({
      found: await collectionCalled(db, request.params.collection),
      mayWrite: await mayTellSightings(db, request.actor),
    }))
    if (found === undefined) throw new NotFound('interop.taxii.no-collection', 'There is no such collection. The list of collections shows yours.')
    if (found.id !== SIGHTINGS.id || !mayWrite)
      return taxiiError(
        403,
        'You may not write here',
        found.id === SIGHTINGS.id
          ? 'The centre does not take sightings of your organisation. Ask a duty manager at the centre.'
          : 'This collection is written by the centre alone. Sightings go into the collection "sightings".',
      )
    const read = objectsIn(request.body)
    if ('refusal' in read) return taxiiError(422, 'That cannot be used', read.refusal)
    const written = await request.work<Visible, Written>(work => writeSightings(work, uuidv4(), read.objects))
    return taxii(statusResource({ ...written, at: request.now }), { status: 202 })
  },
})

const status = route({
  method: 'GET',
  path: `${ROOT}status/:status/`,
  access: READ,
  params: z.object({ status: z.string().max(100) }),
  failure: taxiiFailure,
  async handle(request) {
    if (!accepts(request.header('accept'))) return taxiiError(406, 'Not acceptable', `This server answers in ${TAXII}.`)
    const found = await request.read<Visible, Awaited<ReturnType<typeof statusOf>>>(db => statusOf(db, request.params.status))
    if (found === undefined) throw new NotFound('interop.taxii.no-status', 'There is no such status, or it is not of your organisation.')
    return taxii(statusResource(found))
  },
})

/** The status resource (§4.3.1). Objects are taken before the answer is given, so nothing is ever pending. */
function statusResource(found: {
  readonly id: string
  readonly at: Date
  readonly successes: readonly WrittenObject[]
  readonly failures: readonly WrittenObject[]
}) {
  const { id, at, successes, failures } = found
  return {
    id,
    status: 'complete',
    request_timestamp: `${at.toISOString().slice(0, -1)}000Z`,
    total_count: successes.length + failures.length,
    success_count: successes.length,
    ...(successes.length === 0 ? {} : { successes }),
    failure_count: failures.length,
    ...(failures.length === 0 ? {} : { failures }),
    pending_count: 0,
  }
}

export const writingRoutes: readonly Route[] = [add, status]
