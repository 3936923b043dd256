import { z } from 'zod'
import { TLP } from '../../../../kernel/tlp.ts'
import { instant } from '../../../../platform/http/api-schemas.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { reasonGiven } from '../../api.ts'
import type { Visible } from '../../tables.ts'
import { clearanceOverrides, typeClearances } from '../queries/clearances.ts'
import { setClearance } from './commands.ts'

const path = '/api/v1/clearances'

const Clearances = z.object({
  types: z.array(
    z.object({
      type: z.string(),
      plural: z.string(),
      tlp: z.enum(TLP).nullable().describe('null: nothing above CLEAR'),
      since: z.string().nullable(),
      source: z.string().nullable(),
    }),
  ),
  overrides: z
    .array(z.object({ code: z.string(), name: z.string(), tlp: z.enum(TLP), reason: z.string(), at: instant, by: z.string().nullable() }))
    .describe('Organisations that differ from their type, the newest first'),
})

async function answer(db: Reader<Visible>): Promise<z.input<typeof Clearances>> {
  return { types: [...(await typeClearances(db))], overrides: [...(await clearanceOverrides(db))] }
}

const list = operation({
  id: 'listClearances',
  summary: 'Say who may be told what',
  method: 'GET',
  path,
  page: 'GET /clearances',
  access: { permission: 'broadcast.audience.view' },
  answer: Clearances,
  read: (db: Reader<Visible>) => answer(db),
})

const set = operation({
  id: 'setClearance',
  summary: 'Say what one organisation may be told, whatever its type',
  method: 'POST',
  path,
  page: 'POST /clearances',
  access: { permission: 'broadcast.clearance.set' },
  body: z.object({
    organisation: z.string().max(20),
    tlp: z.enum(TLP).nullable().describe('null: what others of its type are told'),
    reason: reasonGiven,
  }),
  answer: Clearances,
  async write(work: Work<Visible>, { body: { organisation, tlp, reason } }) {
    await setClearance(work, { code: organisation, tlp, reason })
    return answer(work.db)
  },
})

export const clearanceOperations: readonly Route[] = [list, set]
