import { z } from 'zod'
import { Conflict, NotFound } from '../../../../kernel/errors.ts'
import { fieldProblems, json } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { bulletinNumber, parseBulletinNumber } from '../../bulletins/model.ts'
import { bulletinOf } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { saveAudience } from '../commands.ts'
import { AudienceRule, ruleFaults, ruleSentence } from '../model.ts'
import { countAddresses, namesFor, resolveAudience, ruleOf } from '../queries.ts'
import type { Asks } from '../queries/asks.ts'
import type { BulletinRule } from '../queries/checking.ts'

/** The audience of a bulletin for machines: the same rule as the page and the command have, and what it comes to. */
const PATH = '/api/v1/bulletins/:number/audience'
const Params = z.object({ number: z.string().max(20) })

const read = route({
  method: 'GET',
  path: PATH,
  access: { permission: 'broadcast.audience.view' },
  params: Params,
  async handle(request) {
    const number = numberOf(request.params)
    const body = await request.read<Visible, object>(async db => {
      const bulletin = await bulletinOf(db, number)
      if (bulletin.releasedAt !== null)
        throw new Conflict('broadcast.audience.frozen', 'The audience was frozen at release. Fetch /frozen-audience.csv at the bulletin’s address.')
      return answer(db, number, await ruleOf(db, bulletin.id))
    })
    return json(body)
  },
})

/** The body is the rule, as JSON; `?preview=yes` stores nothing. */
const write = route({
  method: 'POST',
  path: PATH,
  access: { permission: 'broadcast.audience.edit' },
  params: Params,
  query: z.object({ preview: z.literal('yes').optional().catch(undefined) }),
  async handle(request) {
    const number = numberOf(request.params)
    const { _csrf: _, ...value } = request.body
    const rule = AudienceRule.safeParse(value)
    if (!rule.success) return fieldProblems('broadcast.audience.rule', ruleFaults(rule.error), request.requestId)
    if (request.query.preview === undefined) await request.work<Visible, void>(work => saveAudience(work, { number, rule: rule.data }))
    const body = await request.read<Visible, object>(async db => {
      const { tlp } = await ruleOf(db, (await bulletinOf(db, number)).id)
      return answer(db, number, { rule: rule.data, tlp })
    })
    return json(body)
  },
})

export const audienceApiRoutes: readonly Route[] = [read, write]

async function answer(db: Asks, number: number, asked: BulletinRule): Promise<object> {
  const found = await resolveAudience(db, asked)
  return {
    bulletin: bulletinNumber(number),
    rule: asked.rule,
    sentence: ruleSentence(asked.rule, await namesFor(db, asked.rule)),
    organisations: found.organisations.map(({ code }) => code),
    contacts: found.contacts,
    addresses: await countAddresses(db, asked),
    unreachable: found.unreachable,
    hash: found.hash,
    ...(found.problems.length > 0 ? { problems: found.problems } : {}),
  }
}

function numberOf(params: { readonly number: string }): number {
  const number = parseBulletinNumber(params.number)
  if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
  return number
}
