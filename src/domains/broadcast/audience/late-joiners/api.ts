import { z } from 'zod'
import { Conflict } from '../../../../kernel/errors.ts'
import { instant } from '../../../../platform/http/api-schemas.ts'
import { listOperation } from '../../../../platform/http/list-operation.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { bulletinName, ofBulletin, reasonGiven } from '../../api.ts'
import { bulletinOf } from '../../bulletins/queries.ts'
import { releaseOf } from '../../release/queries.ts'
import type { Visible } from '../../tables.ts'
import { AudienceRule } from '../model.ts'
import { checkRule } from '../queries/checking.ts'
import { catchUpsOf, lateJoiners, readFrozen } from '../queries/late-joiners.ts'
import { catchUp } from './commands.ts'

const path = '/api/v1/bulletins/:number/late-joiners'

const list = listOperation({
  id: 'listLateJoiners',
  summary: 'List the organisations that fit the rule of a released bulletin today and have not got it',
  path,
  page: 'GET /bulletins/:number/late-joiners',
  access: { permission: 'broadcast.audience.view' },
  params: ofBulletin,
  query: z.object({}),
  item: z.object({
    code: z.string(),
    name: z.string(),
    type: z.string(),
    region: z.string().nullable(),
    contacts: z.int().describe('How many can be mailed'),
  }),
  async list(db: Reader<Visible>, page, { params: { number } }) {
    const { id, tlp, sharingGroup } = await bulletinOf(db, number)
    const release = await releaseOf(db, id)
    if (release === undefined) throw new Conflict('broadcast.catch-up.not-released', 'It has not been released, so nobody can have come too late.')
    return lateJoiners(db, await checkRule(db, { rule: release.rule, tlp, sharingGroup: sharingGroup?.id ?? null }), id, page)
  },
})

const tell = operation({
  id: 'catchUpLateJoiners',
  summary: 'Tell organisations of a released bulletin that fit its rule today and have not got it',
  method: 'POST',
  path,
  page: 'POST /bulletins/:number/late-joiners',
  access: { permission: 'broadcast.bulletin.release' },
  params: ofBulletin,
  body: z.object({
    organisations: z.union([z.literal('everyone'), z.array(z.string().max(20)).min(1).max(10_000)]).describe('Their codes, or everyone'),
    reason: reasonGiven,
  }),
  answer: z.object({
    number: bulletinName,
    organisations: z.int(),
    contacts: z.int(),
    caughtUp: z
      .array(
        z.object({
          at: instant,
          by: z.string().nullable(),
          reason: z.string(),
          organisations: z.int(),
          contacts: z.int(),
          audienceHash: z.string(),
        }),
      )
      .describe('Everyone who was, the newest first'),
  }),
  async write(work: Work<Visible>, { params: { number }, body: { organisations: codes, reason }, platform }) {
    const told = await catchUp(work, { number, codes, reason, baseUrl: platform.config.baseUrl })
    const { id } = await bulletinOf(work.db, number)
    return { number, ...told, caughtUp: [...(await catchUpsOf(work.db, id))] }
  },
})

const frozen = operation({
  id: 'getFrozenAudience',
  summary: 'Give the audience of a release as it was frozen, with all that its hash is made over',
  method: 'GET',
  path: '/api/v1/bulletins/:number/frozen-audience',
  page: 'GET /bulletins/:number/frozen-audience.txt',
  access: { permission: 'broadcast.audience.view' },
  params: ofBulletin,
  answer: z.object({
    number: bulletinName,
    rule: AudienceRule,
    organisations: z.array(z.string()).describe('By code, without those caught up since'),
    hash: z.string(),
    hashed: z.string().describe('The SHA-256 of this text, as UTF-8 and in hexadecimal, is the hash'),
  }),
  async read(db: Reader<Visible>, { params: { number } }) {
    const { release, organisations, hashed } = await readFrozen(db, number)
    return { number, rule: release.rule, organisations: organisations.map(({ code }) => code), hash: release.audienceHash, hashed }
  },
})

export const lateJoinerOperations: readonly Route[] = [list, tell, frozen]
