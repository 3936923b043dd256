import { z } from 'zod'
import { instant } from '../../../platform/http/api-schemas.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { ownOrganisation } from '../acting-for.ts'
import type { Visible } from '../tables.ts'
import { askNeedFreeze } from './freeze.ts'
import { bandOf, BANDS } from './model.ts'
import { joinPool, leavePool } from './pool/commands.ts'
import { readNeeds, readPool } from './routes.ts'

const contribute = { permission: 'assure.benchmark.contribute' }

const needs = operation({
  id: 'getSectorNeeds',
  summary: 'Read what the sector needs, from published, pooled and offered figures alone',
  method: 'GET',
  path: '/api/v1/sector-needs',
  page: 'GET /sector-needs',
  access: { permission: 'assure.sector.view' },
  answer: z.object({
    lacking: z.array(
      z.object({
        framework: z.string(),
        period: z.string(),
        cohort: z.string(),
        frozenAt: instant.nullable(),
        rows: z.array(z.object({ code: z.string(), title: z.string(), lacking: z.int(), answered: z.int() })),
      }),
    ),
    pooled: z
      .object({
        period: z.string(),
        frozenAt: instant.nullable(),
        held: z.string().nullable(),
        contributors: z.int().nullable(),
        rows: z.array(z.object({ code: z.string(), name: z.string(), organisations: z.int(), bands: z.array(z.int()) })),
        heldBack: z.int().describe('Improvements of which nothing may be told'),
      })
      .nullable()
      .describe('Rounded numbers of organisations, by band of amount'),
    practices: z.array(z.object({ framework: z.string(), code: z.string(), title: z.string(), offered: z.int() })),
  }),
  async read(db: Reader<Visible>) {
    const { lacking, pooled, practices } = await readNeeds(db)
    return {
      lacking: lacking.map(one => ({ ...one, rows: [...one.rows] })),
      pooled: pooled === null ? null : { ...pooled, rows: pooled.rows.map(row => ({ ...row, bands: [...row.bands] })) },
      practices: [...practices],
    }
  },
})

const freeze = operation({
  id: 'freezeSectorNeeds',
  summary: 'Count what organisations let be pooled',
  method: 'POST',
  path: '/api/v1/sector-needs/freeze',
  page: 'POST /sector-needs/freeze',
  access: { permission: 'assure.benchmark.freeze' },
  status: 202,
  answer: z.object({ id: z.string() }),
  write: async (work: Work<Visible>) => ({ id: await askNeedFreeze(work) }),
})

const Pool = z.object({ pooled: z.boolean(), needs: z.array(z.object({ improvementCode: z.string(), band: z.string() })) })

async function poolAnswer(db: Reader<Visible>, organisationId: string): Promise<z.input<typeof Pool>> {
  const { pooled, needs: own } = await readPool(db, organisationId)
  return { pooled, needs: own.map(({ improvementCode, pence }) => ({ improvementCode, band: BANDS[bandOf(pence)]?.code ?? 'none' })) }
}

const pool = operation({
  id: 'getNeedPool',
  summary: 'Read whether your needs are counted among those of others, and what is',
  method: 'GET',
  path: '/api/v1/plan/pool',
  page: 'GET /plan/pool',
  access: contribute,
  answer: Pool,
  read: (db: Reader<Visible>, { actor }) => poolAnswer(db, ownOrganisation(actor)),
})

const change = (id: string, summary: string, name: 'join' | 'leave', run: typeof joinPool) =>
  operation({
    id,
    summary,
    method: 'POST',
    path: `/api/v1/plan/pool/${name}`,
    page: `POST /plan/pool/${name}`,
    access: contribute,
    answer: Pool,
    async write(work: Work<Visible>) {
      await run(work, ownOrganisation(work.actor))
      return poolAnswer(work.db, ownOrganisation(work.actor))
    },
  })

export const sectorOperations: readonly Route[] = [
  needs,
  freeze,
  pool,
  change('joinNeedPool', 'Let your unfunded improvements be counted among those of others', 'join', joinPool),
  change('leaveNeedPool', 'Stop that, from the next count on', 'leave', leavePool),
]
