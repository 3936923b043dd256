import { z } from 'zod'
import { organisationById, type DirectoryVisible } from '../../domains/directory/contract.ts'
import { operation } from '../../platform/http/operation.ts'
import type { Reader } from '../../platform/work/read.ts'

/** Who a program acts as: the first thing to ask with a new token. */
export const getMe = operation({
  id: 'getMe',
  summary: 'Say who asks, and what they may do',
  description: 'The first thing to ask with a new token: it shows as whom, for which organisation and with which permissions the program acts.',
  page: 'GET /account',
  method: 'GET',
  path: '/api/v1/me',
  access: { signedIn: 'Everyone looks after their own sign-in.' },
  answer: z.object({
    id: z.string(),
    name: z.string(),
    role: z.string().nullable(),
    organisation: z.object({ code: z.string(), name: z.string() }).nullable(),
    permissions: z.array(z.string()),
    token: z.string().nullable().describe('The id of the token that was shown; null for a person who is signed in'),
  }),
  async read(db: Reader<DirectoryVisible>, { actor }) {
    const own = actor.organisationId === null ? undefined : await organisationById(db, actor.organisationId)
    return {
      id: actor.id,
      name: actor.name,
      role: actor.role,
      organisation: own ?? null,
      permissions: [...actor.permissions].toSorted(),
      token: actor.through?.startsWith('token:') === true ? actor.through.slice('token:'.length) : null,
    }
  },
})
