import { z, type ZodType } from 'zod'
import { InvalidParts } from '../../kernel/errors.ts'
import type { Problem } from '../../kernel/problem.ts'
import { cleanText } from '../../kernel/text.ts'
import { TLP } from '../../kernel/tlp.ts'
import { readForm } from '../../platform/forms/form.ts'
import { instant } from '../../platform/http/api-schemas.ts'
import { operation } from '../../platform/http/operation.ts'
import type { Route } from '../../platform/http/route.ts'
import type { Reader } from '../../platform/work/read.ts'
import type { Work } from '../../platform/work/work.ts'
import { BULLETIN_STATES, bulletinNumber, parseBulletinNumber, SEVERITIES } from './bulletins/model.ts'
import { bulletinOf, revisionOf, type Bulletin, type Revision } from './bulletins/queries.ts'
import { RESPONSE_CHOICES, type ResponseState } from './responses/model.ts'
import type { Visible } from './tables.ts'

/**
 * What the operations of broadcast share. An operation does what a page does, by the same queries and the same command; of the rows that its
 * answer is made from, only what the answer's schema names leaves.
 */

/** A bulletin's number in an answer: handed over as it is, sent as people write it. */
export const bulletinName = z
  .int()
  .transform((number): string => bulletinNumber(number))
  .pipe(z.string().describe('Such as CC-5001'))

/** A bulletin in an address. What is no number is that of no bulletin. */
export const ofBulletin = z.object({
  number: z
    .string()
    .max(20)
    .transform(typed => parseBulletinNumber(typed) ?? 0),
})

/** A bulletin in a body. */
export const bulletinGiven = z
  .string()
  .max(20)
  .transform((typed, context) => {
    const number = parseBulletinNumber(typed)
    if (number === undefined) context.addIssue({ code: 'custom', message: 'Write the bulletin as CC-5001' })
    return number ?? z.NEVER
  })

/** A reason, as every command that asks for one takes it. */
export const reasonGiven = z
  .string('Say why, in a sentence')
  .transform(cleanText)
  .pipe(z.string().min(1, 'Say why, in a sentence').max(2_000, 'Say why in at most 2,000 characters'))
export const versionGiven = z
  .int('Name the version that you saw')
  .positive('Name the version that you saw')
  .max(2_147_483_647, 'There is no such version')

/** Whoever does by themselves what two people do elsewhere says so, as on the page. */
export const aloneGiven = {
  reason: reasonGiven,
  confirm: z.literal(true, 'Say true: nobody else has approved it, and somebody else will review it after'),
}

/** Stops an operation with what is wrong with its body, as a reader of the page's fields found it. */
export function refuse(problems: readonly Problem[]): never {
  throw new InvalidParts('platform.http.body', problems)
}

/** Reads by the schema of a page's form, which takes texts: so that a page and a program are held to the same. Each problem points at the member. */
export function readByForm<T>(form: ZodType<T>, given: Readonly<Record<string, unknown>>): T {
  const read = readForm(
    form,
    Object.fromEntries(Object.entries(given).map(([name, value]) => [name, typeof value === 'number' ? String(value) : (value ?? '')])),
  )
  return read.ok ? read.value : refuse(read.problems)
}

/** What every reader of a bulletin sees of its head. */
export const head = {
  number: bulletinName,
  title: z.string(),
  state: z.enum(BULLETIN_STATES),
  severity: z.enum(SEVERITIES),
  tlp: z.enum(TLP),
  isExercise: z.boolean(),
  isHolding: z.boolean().describe('A holding statement is what readers see: the full version has not followed yet'),
  version: z.int().describe('The newest version; after the release the one that readers see'),
  respondBy: instant.nullable(),
  releasedAt: instant.nullable(),
  withdrawnAt: instant.nullable(),
  withdrawnReason: z.string().nullable(),
}

/** The version that is worked on beside the one that readers see. */
export const RevisionAnswer = z.object({
  state: z.enum(['draft', 'in-review', 'approved']),
  version: z.int(),
  approvedVersion: z.int().nullable(),
})

/** The time for which a bulletin waits, or the newest that came to nothing. */
export const ScheduleAnswer = z.object({
  releaseAt: instant,
  version: z.int(),
  organisations: z.int(),
  state: z.enum(['waiting', 'released', 'cancelled', 'failed']),
  scheduledAt: instant,
  by: z.string().nullable(),
  words: z.string().nullable(),
})

const Standing = z.object({
  ...head,
  approvedVersion: z.int().nullable(),
  revision: RevisionAnswer.nullable().describe('The version that is worked on beside the one that readers see'),
  createdAt: instant,
  updatedAt: instant,
})

/** How a bulletin stands, for whoever works on it: what an operation answers that has moved it. `run` does it, and gives the bulletin's number. */
export function standingOperation<P extends ZodType, B extends ZodType>(definition: {
  readonly id: string
  readonly summary: string
  readonly description?: string
  readonly page: string
  readonly path: `/api/v1/${string}`
  readonly permission: string
  readonly params?: P
  readonly body?: B
  readonly status?: 200 | 201
  run(work: Work<Visible>, asked: { readonly params: z.infer<P>; readonly body: z.infer<B>; readonly baseUrl: string }): Promise<number>
}): Route {
  const { run, permission, ...rest } = definition
  return operation({
    ...rest,
    method: 'POST',
    access: { permission },
    answer: Standing,
    async write(work: Work<Visible>, { params, body, platform }) {
      return standingOf(work.db, await run(work, { params, body, baseUrl: platform.config.baseUrl }))
    },
  })
}

async function standingOf(db: Pick<Reader<Visible>, 'selectFrom'>, number: number): Promise<Bulletin & { readonly revision: Revision | null }> {
  const bulletin = await bulletinOf(db, number)
  return { ...bulletin, revision: (await revisionOf(db, bulletin.id)) ?? null }
}

/** A step of one bulletin's way, at an address below its own: the page's own verb. */
export function bulletinStep<B extends ZodType>(definition: {
  readonly id: string
  readonly summary: string
  readonly description?: string
  /** The last part of the address. */
  readonly verb: string
  /** The page's, where it is another. */
  readonly pageVerb?: string
  readonly permission: string
  readonly body?: B
  run(work: Work<Visible>, asked: { readonly number: number; readonly body: z.infer<B>; readonly baseUrl: string }): Promise<unknown>
}): Route {
  const { verb, pageVerb = verb, permission, run, ...rest } = definition
  return standingOperation({
    ...rest,
    path: `/api/v1/bulletins/:number/${verb}`,
    page: `POST /bulletins/:number/${pageVerb}`,
    permission,
    params: ofBulletin,
    async run(work, { params: { number }, body, baseUrl }) {
      await run(work, { number, body, baseUrl })
      return number
    },
  })
}

/** An answer as it was given, as far as its reader may know it. */
export const GivenAnswer = z.object({
  id: z.string(),
  state: z.enum(RESPONSE_CHOICES as [ResponseState, ...ResponseState[]]),
  at: instant,
  by: z.string().nullable(),
  via: z.string(),
  note: z.string().nullable(),
  reasonCode: z.string().nullable(),
  reasonLabel: z.string().nullable(),
  reason: z.string().nullable(),
  nextDate: z.string().nullable(),
  reviewOn: z.string().nullable(),
  isShared: z.boolean().describe('Whether the centre may read more than the answer, its dates and the reason chosen'),
  owner: z.string().nullable(),
  evidence: z.string().nullable(),
  evidenceSha256: z.string().nullable(),
  window: z.object({ from: instant, to: instant, stops: z.string(), agreedBy: z.string().nullable() }).nullable(),
})
