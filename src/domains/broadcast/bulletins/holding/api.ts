import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { TLP } from '../../../../kernel/tlp.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route, RouteRequest } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { bulletinName, refuse } from '../../api.ts'
import { releaseHoldingStatement } from '../../release-holding.ts'
import type { Visible } from '../../tables.ts'
import { SEVERITIES } from '../model.ts'
import { readHolding, type HoldingForm } from './form.ts'
import { holdingContent } from './model.ts'
import { choicesFor, countHolding } from './routes.ts'

/** A holding statement, put together from what its page offers and read by the same reader. */
const access = { permission: 'broadcast.bulletin.release-holding' }

const Given = z.object({
  template: z.string().max(60).describe('The code of a template in force'),
  templateVersion: z.int().positive(),
  what: z.string().max(1_000),
  who: z.string().max(1_000),
  do: z.string().max(1_000),
  severity: z.enum(SEVERITIES),
  tlp: z.enum(TLP),
  to: z.enum(['suggested', 'everyone', 'types', 'saved']).describe('suggested: those who run what the threat is about'),
  types: z.array(z.string().max(60)).max(100).default([]).describe('With "types"'),
  audience: z.string().max(100).default('').describe('With "saved": the name of a saved audience'),
  threat: z.string().max(60).nullable().default(null),
})

type Read = Extract<HoldingForm, { ok: true }>

async function readGiven(db: Reader<Visible>, given: z.infer<typeof Given>, request: Pick<RouteRequest, 'now'>): Promise<Read> {
  const choices = await choicesFor(db, given.threat ?? '', request)
  const { template, templateVersion, to, audience, types, what, who, do: toDo, severity, tlp } = given
  const typed = {
    what,
    who,
    do: toDo,
    severity,
    tlp,
    types,
    template: `${template}:${templateVersion}`,
    to: to === 'saved' ? `saved:${audience}` : to,
  }
  const form = readHolding(typed, choices)
  return form.ok ? form : refuse(form.problems)
}

const preview = operation({
  id: 'previewHoldingStatement',
  summary: 'Say what a holding statement would read like and whom it would reach, and store nothing',
  method: 'POST',
  path: '/api/v1/bulletins/holding/preview',
  page: 'POST /bulletins/holding/preview',
  access,
  body: Given,
  answer: z.object({
    title: z.string(),
    summary: z.string(),
    remediationIntro: z.string(),
    sentence: z.string(),
    organisations: z.int(),
    contacts: z.int(),
    unreachable: z.int(),
    audienceHash: z.string().describe('To be sent with the release'),
    problems: z.array(z.string()).describe('Why the rule reaches nobody'),
  }),
  async read(db: Reader<Visible>, request) {
    const { template, words, rule } = await readGiven(db, request.body, request)
    const { sentence, audience } = await countHolding(db, rule, words.tlp)
    return { ...holdingContent(template, words), ...audience, sentence, audienceHash: audience.hash, problems: [...audience.problems] }
  },
})

const release = operation({
  id: 'releaseHoldingStatement',
  summary: 'Release a holding statement, in the words of a template that others approved',
  description: 'By one person, at once; somebody else reviews it after. With an idempotency key, the same request makes one bulletin.',
  method: 'POST',
  path: '/api/v1/bulletins/holding',
  page: 'POST /bulletins/holding',
  access,
  status: 201,
  body: Given.extend({
    audienceHash: z.string().regex(/^[0-9a-f]{64}$/, 'Send the hash of the audience that you saw'),
    isExercise: z.boolean().default(false),
  }),
  answer: z.object({
    number: bulletinName,
    released: z.object({ organisations: z.int(), contacts: z.int(), unreachable: z.int() }).nullable().describe('null for a repeat'),
  }),
  async write(work: Work<Visible>, request) {
    const { body, actor, idempotencyKey, platform } = request
    const { template, words, rule } = await readGiven(work.db, body, request)
    return releaseHoldingStatement(work, {
      template,
      words,
      rule,
      audienceHash: body.audienceHash,
      threatId: body.threat,
      isExercise: body.isExercise,
      // Two people may choose the same key.
      request: idempotencyKey === null ? randomUUID() : `${actor.id} ${idempotencyKey}`,
      baseUrl: platform.config.baseUrl,
    })
  },
})

export const holdingOperations: readonly Route[] = [preview, release]
