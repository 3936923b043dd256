import { z } from 'zod'
import { instant } from '../../../platform/http/api-schemas.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { endAddress, makeAddress } from '../commands.ts'
import { ADDRESSES_PATH } from '../model.ts'
import { listAddresses } from '../queries.ts'
import type { FeedTables } from '../tables.ts'
import { addressForm } from './fields.ts'

const access = { permission: 'interop.feed-address.keep' }

const list = operation({
  id: 'listFeedAddresses',
  summary: 'List the feed addresses of your organisation',
  page: `GET ${ADDRESSES_PATH}`,
  method: 'GET',
  path: `/api/v1${ADDRESSES_PATH}`,
  access,
  answer: z.object({
    items: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        madeAt: instant,
        expiresAt: instant,
        revokedAt: instant.nullable(),
        lastUsedAt: instant.nullable(),
      }),
    ),
  }),
  read: async (db: Reader<FeedTables>, { actor }) => ({ items: [...(await listAddresses(db, actor.organisationId ?? ''))] }),
})

const make = operation({
  id: 'makeFeedAddress',
  summary: 'Make a feed address for your organisation',
  description: 'The addresses are shown this once.',
  page: `POST ${ADDRESSES_PATH}/add`,
  method: 'POST',
  path: `/api/v1${ADDRESSES_PATH}`,
  access,
  personOnly: 'Whoever has the address reads what your organisation may, so a person makes it.',
  body: addressForm,
  answer: z.object({ id: z.string(), atom: z.string(), rss: z.string() }),
  status: 201,
  async write(work: Work<FeedTables>, { body, platform }) {
    const { id, token } = await makeAddress(work, body)
    const address = `${platform.config.baseUrl}/feeds/organisations/${token}/bulletins`
    return { id, atom: `${address}.atom`, rss: `${address}.rss` }
  },
})

const end = operation({
  id: 'endFeedAddress',
  summary: 'End a feed address',
  page: `POST ${ADDRESSES_PATH}/:id/end`,
  method: 'POST',
  path: `/api/v1${ADDRESSES_PATH}/:id/end`,
  access,
  params: z.object({ id: z.string().max(60) }),
  answer: null,
  async write(work: Work<FeedTables>, { params }) {
    await endAddress(work, params.id)
    return null
  },
})

export const addressOperations: readonly Route[] = [list, make, end]
