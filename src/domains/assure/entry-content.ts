import { z } from 'zod'
import { parseLocalDate } from '../../kernel/instant.ts'
import { cleanLine, cleanText } from '../../kernel/text.ts'
import { LOSS_CHANNELS, SIZES, SOFTENED } from './catalogue/model.ts'

/** What an entry of the catalogue may hold: read when it is stored and when it comes back. Each refusal is a sentence for the person. */

const words = (longest: number, missing: string) =>
  z
    .string(missing)
    .transform(cleanText)
    .pipe(
      z
        .string()
        .min(1, missing)
        .max(longest, `Use ${longest.toLocaleString('en-GB')} characters or fewer`),
    )
const code = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/, 'Write a code in small letters, digits and hyphens')

export const sourceSchema = z.object({
  words: words(2_000, 'Say where the figure is from'),
  saidBy: z.string('Say who says so').transform(cleanLine).pipe(z.string().min(1, 'Say who says so').max(200, 'Use 200 characters or fewer')),
  // A month or a year is what many a source gives.
  asOf: z
    .string()
    .refine(
      text => parseLocalDate(text + '-01-01'.slice(text.length - 4)) !== undefined,
      'Give the day on which it was said, or the month or year, such as 2026-11-01 or 2026',
    ),
  grade: z.enum(['judgement', 'published', 'measured'], 'Say how good the evidence is'),
})

const figureOf = (amount: z.ZodType<number>) =>
  z
    .object({ low: amount, likely: amount, high: amount, source: sourceSchema })
    .refine(({ low, likely, high }) => low <= likely && likely <= high, 'Low, likely and high must stand in that order')

const MOST_MONEY = 1e13
const money = figureOf(z.number().min(0, 'An amount cannot be below nothing').max(MOST_MONEY, 'That is more money than there is'))
const share = figureOf(z.number().min(0, 'A share cannot be below nothing').max(0.95, 'Nothing stops or saves more than 95%'))
const count = figureOf(z.number().min(0, 'This cannot be below nothing').max(1e6, 'That is too much'))

export const improvementContent = z.object({
  summary: words(1_000, 'Say in a sentence what is done'),
  sizes: z.array(z.enum(SIZES)).min(1, 'Say for which sizes of organisation it is'),
  outcomes: z.array(z.object({ framework: z.string().max(60), version: z.string().max(30), code: z.string().max(30) })).max(60),
  capital: money,
  yearly: money,
  days: count,
  years: z.number().positive('Say how many years it lasts').max(50, 'Nothing lasts longer than 50 years'),
  months: z.number().min(0, 'Months cannot be below nothing').max(120, 'Split what takes longer than ten years'),
  funding: z.enum(['capital', 'revenue']),
  needs: z.array(code).max(20),
  oneOf: code.nullable(),
  group: code,
  mustDo: words(500, 'Name the legal ground').nullable(),
  effects: z
    .array(
      z.object({
        on: code,
        prevents: share.nullable(),
        softens: z.partialRecord(z.enum(SOFTENED), share),
      }),
    )
    .max(60),
})

export const scenarioContent = z.object({
  summary: words(1_000, 'Say in a sentence what happens'),
  frequency: count,
  losses: z.partialRecord(z.enum(LOSS_CHANNELS), money),
  clinicDays: count,
})

const factor = z.number().positive().max(1_000)
const pence = z.int().min(0).max(MOST_MONEY)

export const sizeContent = z.object({
  summary: words(1_000, 'Say what the rule does'),
  sizes: z
    .array(
      z.object({
        code: z.enum(SIZES),
        label: words(100, 'Give the size a name'),
        upTo: z.int().positive().nullable(),
        cost: factor,
        days: factor,
        frequency: factor,
        loss: factor,
        care: factor,
        capital: pence,
        revenue: pence,
        peopleDays: z.number().min(0).max(1e6),
        dayRate: pence,
      }),
    )
    .min(1),
  typical: z.record(z.string(), z.enum(SIZES)),
  otherwise: z.enum(SIZES),
})

export const overlapContent = z.object({
  summary: words(1_000, 'Say what the rule does'),
  groups: z.array(z.object({ code, label: words(100, 'Give the kind a name'), overlap: z.number().min(0).max(1) })).min(1),
})
