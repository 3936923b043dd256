import { z } from 'zod'
import { Conflict, NotFound } from '../../../kernel/errors.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { bulletinNumber, parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { saveAudience } from './commands.ts'
import { AudienceRule, ruleSentence } from './model.ts'
import { countAddresses, namesFor, resolveAudience, ruleOf } from './queries.ts'
import type { Asks } from './queries/asks.ts'
import { checkRule, type BulletinRule } from './queries/checking.ts'
import { viewAudience } from './queries/lists.ts'
import { audienceListQuery, AudienceQuery, readRuleOf } from './routes.ts'

/** The audience of a bulletin for machines: the same rule as the page and the command have, and what it comes to. */
const path = '/api/v1/bulletins/:number/audience'
const page = 'GET /bulletins/:number/audience'
const params = z.object({ number: z.string().max(20) })

const Answer = z.object({
  bulletin: z.string(),
  rule: AudienceRule,
  sentence: z.string(),
  organisations: z.array(z.string()).describe('By code'),
  contacts: z.int(),
  addresses: z.int().describe('Different e-mail addresses among those contacts'),
  unreachable: z.array(z.string()).describe('Organisations, by code, at which nobody can be mailed'),
  hash: z.string().describe('Changes when the rule or the organisations do; the release asks for the one that was seen'),
  problems: z.array(z.string()).optional(),
})

const getAudience = operation({
  id: 'getAudience',
  summary: 'Say whom a bulletin reaches',
  page,
  method: 'GET',
  path,
  access: { permission: 'broadcast.audience.view' },
  params,
  answer: Answer,
  async read(db: Reader<Visible>, request) {
    const number = numberOf(request.params)
    const bulletin = await bulletinOf(db, number)
    if (bulletin.releasedAt !== null) throw frozen()
    return answer(db, number, await ruleOf(db, bulletin.id))
  },
})

const setAudience = operation({
  id: 'setAudience',
  summary: 'Set whom a bulletin reaches',
  page: 'POST /bulletins/:number/audience',
  method: 'POST',
  path,
  access: { permission: 'broadcast.audience.edit' },
  params,
  body: AudienceRule,
  answer: Answer,
  async write(work: Work<Visible>, { params: { number: typed }, body: rule }) {
    const number = numberOf({ number: typed })
    await saveAudience(work, { number, rule })
    return answerTo(work.db, number, rule)
  },
})

const previewAudience = operation({
  id: 'previewAudience',
  summary: 'Say whom a rule would reach, and store nothing',
  page: 'POST /bulletins/:number/audience',
  method: 'POST',
  path: `${path}/preview`,
  access: { permission: 'broadcast.audience.edit' },
  params,
  body: AudienceRule,
  answer: Answer,
  read: (db: Reader<Visible>, { params: { number }, body: rule }) => answerTo(db, numberOf({ number }), rule),
})

const listOrganisations = listOperation({
  id: 'listAudience',
  summary: 'List the organisations that a bulletin reaches, or does not, and why',
  path: `${path}/organisations`,
  page,
  access: { permission: 'broadcast.audience.view' },
  params,
  query: filtersOf(AudienceQuery),
  item: z.object({
    code: z.string(),
    name: z.string(),
    type: z.string(),
    region: z.string().nullable(),
    board: z.string().nullable(),
    contacts: z.int().describe('How many can be mailed'),
    why: z.string().nullable().describe('Why nobody can be mailed, whether anything gets there is in doubt, or it is left out'),
  }),
  async list(db: Reader<Visible>, request, { params: { number }, query }) {
    const saved = await readRuleOf(db, numberOf({ number }))
    if (saved === null) throw frozen()
    return (await viewAudience(db, await checkRule(db, saved.asked), audienceListQuery(query), request)).found
  },
})

export const audienceOperations: readonly Route[] = [getAudience, listOrganisations, setAudience, previewAudience]

async function answerTo(db: Asks, number: number, rule: AudienceRule) {
  const stored = await ruleOf(db, (await bulletinOf(db, number)).id)
  return answer(db, number, { ...stored, rule, isUnread: false })
}

async function answer(db: Asks, number: number, asked: BulletinRule) {
  const found = await resolveAudience(db, asked)
  return {
    bulletin: bulletinNumber(number),
    rule: asked.rule,
    sentence: ruleSentence(asked.rule, await namesFor(db, asked.rule)),
    organisations: found.organisations.map(({ code }) => code),
    contacts: found.contacts,
    addresses: await countAddresses(db, asked),
    unreachable: [...found.unreachable],
    hash: found.hash,
    ...(found.problems.length > 0 ? { problems: [...found.problems] } : {}),
  }
}

function frozen(): Conflict {
  return new Conflict('broadcast.audience.frozen', 'The audience was frozen at release. Its organisations are the recipients of the bulletin.')
}

function numberOf(params: { readonly number: string }): number {
  const number = parseBulletinNumber(params.number)
  if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
  return number
}
