import { z } from 'zod'
import { Invalid } from '../../../../kernel/errors.ts'
import { isRecord, pointerTo, type JsonRecord } from '../../../../kernel/json.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { shorten } from '../../../../kernel/text.ts'
import { fieldProblems, json } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { bulletinNumber, type BulletinContent } from '../../bulletins/model.ts'
import { versionOf } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { AnswerGiven } from '../api.ts'
import { askedOf, type Asked } from '../asked.ts'
import { readAnswer, textOf } from '../fields.ts'
import { defaultNextDate, type Reason } from '../model.ts'
import { MOST_ASSETS } from '../progress/model.ts'
import { reasonsOn } from '../queries/reasons.ts'
import { answerByMachine } from './commands.ts'
import { answerFromVex, type MachineAnswer } from './model.ts'
import { readVex, recognisesVex } from './vex.ts'

const LONGEST_KEY = 200

/**
 * An answer from a machine: OpenVEX, the VEX profile of CSAF, or an answer of ours as JSON (`state`, `note`, `nextDate`, `reasonCode`, `reason`,
 * `reviewOn`, `owner`, `evidence`, `evidenceSha256`, `share`). A partner names the organisation in the query.
 */
const answer = route({
  method: 'POST',
  path: '/api/v1/bulletins/:number/responses',
  access: { permission: 'broadcast.response.answer' },
  params: z.object({ number: z.string().max(20) }),
  query: z.object({ organisation: z.string().max(20).default('') }),
  operation: {
    id: 'giveAnswer',
    summary: 'Give the answer of an organisation to a bulletin',
    description:
      'As a plain answer, as OpenVEX, or in the VEX profile of CSAF. A key in `Idempotency-Key` makes a repeat harmless: it is answered as before, with 200.',
    page: 'POST /bulletins/:number/answer',
    body: z.union([AnswerGiven, z.looseObject({}).describe('OpenVEX 0.2.0, or a CSAF document of the VEX profile')]),
    answer: z.object({
      bulletin: z.string(),
      organisation: z.string(),
      state: z.string(),
      nextDate: z.string().nullable(),
      products: z.int(),
      ignored: z.int().describe('Statements about something else'),
    }),
    status: 201,
    repeatStatus: 200,
  },
  async handle({ read, work, actor, params, query, body, now, idempotencyKey, requestId }) {
    if (idempotencyKey !== null && idempotencyKey.length > LONGEST_KEY)
      throw new Invalid('broadcast.response.key-length', `The idempotency key may have ${LONGEST_KEY} characters at most.`)
    const found = await read<Visible, Asked & { reasons: readonly Reason[]; content: BulletinContent }>(async db => {
      const asked = await askedOf(db, actor, params.number, query.organisation)
      const { content } = await versionOf(db, asked.bulletin.id, asked.bulletin.version)
      return { ...asked, content, reasons: await reasonsOn(db, now) }
    })
    const number = bulletinNumber(found.bulletin.number)
    const given = readDocument(body)
    if (!given.ok) return fieldProblems('broadcast.response.fields', given.problems, requestId)
    const target = { bulletinId: found.bulletin.id, organisationId: found.recipient.organisationId }
    const { outcome, isRepeat } = await work<Visible, Awaited<ReturnType<typeof answerByMachine>>>(unit =>
      answerByMachine(unit, target, given.machine, { key: idempotencyKey === '' ? null : idempotencyKey, body: JSON.stringify(body) }),
    )
    return json(
      { bulletin: number, organisation: found.recipient.organisationCode, ...outcome },
      isRepeat ? 200 : 201,
      isRepeat ? { 'idempotency-replayed': 'true' } : {},
    )

    function readDocument(document: unknown): { ok: true; machine: MachineAnswer } | { ok: false; problems: readonly Problem[] } {
      if (recognisesVex(document)) {
        const statements = readVex(document)
        if (!statements.ok) return statements
        const machine = answerFromVex(statements.value, [...found.content.cves, number], now)
        if (machine === null)
          return refused(`None of its statements is about ${number}: name one of its CVEs, or ${number} itself, as the vulnerability`)
        if (machine.assets.length > MOST_ASSETS)
          return refused(`It names ${machine.assets.length} products, and ${MOST_ASSETS} at most are counted: name groups of them`)
        return { ok: true, machine }
      }
      const typed = isRecord(document) ? document : {}
      const strange = strangersIn(typed)
      if (strange.length > 0) return { ok: false, problems: strange }
      const isUndated = textOf(typed, 'state') === 'in-progress' && textOf(typed, 'nextDate') === ''
      const plain = readAnswer(isUndated ? { ...typed, nextDate: defaultNextDate(now) } : typed, now, found.reasons)
      return plain.ok ? { ok: true, machine: { answer: plain.answer, assets: [], ignored: 0 } } : plain
    }
  },
})

/** What a plain answer does not hold, so that nobody believes that what they misspelt was recorded. */
function strangersIn(typed: JsonRecord): readonly Problem[] {
  return Object.entries(typed).flatMap(([name, value]): readonly Problem[] => {
    if (name === '_csrf') return []
    const isKnown = Object.hasOwn(AnswerGiven.shape, name)
    if (isKnown && (value === null || typeof value === 'string')) return []
    const message = isKnown ? 'Give this as text' : `Nothing of the name ${shorten(name, 60)} is taken here`
    return [{ rule: 'broadcast.response.fields', pointer: pointerTo(name), severity: 'error', message }]
  })
}

function refused(message: string): { readonly ok: false; readonly problems: readonly Problem[] } {
  return { ok: false, problems: [{ rule: 'vex.statements', pointer: 'statements', severity: 'error', message }] }
}

export const machineRoutes: readonly Route[] = [answer]
