import { z } from 'zod'
import type { LocalDate } from '../../../../kernel/instant.ts'
import { cleanLine, shorten } from '../../../../kernel/text.ts'
import { TLP } from '../../../../kernel/tlp.ts'
import { BulletinContent, SEVERITIES } from '../model.ts'

/** Stands before the title of a holding statement, and so in every subject, list and page that shows it. */
const MARK = 'HOLDING: '

/** The mark of a holding statement's title, or nothing: for a message that may not say the title itself. */
export function holdingMark(title: string): string {
  return title.startsWith(MARK) ? MARK : ''
}

/** The title of the full version that follows. */
export function withoutHolding(title: string): string {
  return title.slice(holdingMark(title).length)
}

/** What the duty officer says in a holding statement. All else are the template's words. */
type HoldingField = 'what' | 'who' | 'do'

const words = (longest: number) =>
  z
    .string()
    .transform(cleanLine)
    .pipe(
      z
        .string()
        .max(longest, `Use ${longest} characters or fewer`)
        .refine(text => !/\{(?!(?:what|who|do)\})|(?<!\{(?:what|who|do))\}/.test(text), 'Use only {what}, {who} and {do} between braces'),
    )
const filled = (longest: number, message: string) => words(longest).refine(text => text !== '', message)

/** The fixed words of a template, as they are saved. Each of the fields stands where its name stands between braces. */
export const TemplateWords = z
  .strictObject({
    name: filled(100, 'Enter a name').refine(text => !text.includes('{'), 'The name takes no fields'),
    title: filled(120, 'Enter the title'),
    what: filled(240, 'Enter the line that says what has happened'),
    toDo: filled(400, 'Enter the line that says what to do'),
  })
  .refine(({ title, what }) => `${title}${what}`.includes('{what}'), { path: ['what'], message: 'Say {what} in the title or in this line' })
export type TemplateWords = z.infer<typeof TemplateWords>

/** One version of a template. */
export interface HoldingTemplate extends TemplateWords {
  readonly code: string
  readonly version: number
  readonly effectiveFrom: LocalDate | null
  readonly effectiveTo: LocalDate | null
  readonly savedById: string
  readonly isApproved: boolean
}

/** Whether one may release by it on that day: approved, in force and not ended. */
export function isInForce({ isApproved, effectiveFrom, effectiveTo }: HoldingTemplate, today: LocalDate): boolean {
  return isApproved && effectiveFrom !== null && effectiveFrom <= today && (effectiveTo === null || today < effectiveTo)
}

const told = (longest: number, message: string) =>
  z
    .string()
    .transform(text => cleanLine(text).replace(/[.\s]+$/, ''))
    .pipe(z.string().max(longest, `Use ${longest} characters or fewer`))
    .refine(text => text !== '', message)

/** What is asked for on the page. */
export const HoldingInput = z.object({
  what: told(120, 'Say what has happened, in a few words'),
  who: told(120, 'Say whom it may concern'),
  do: told(200, 'Say what to do now'),
  severity: z.enum(SEVERITIES, 'Choose a severity'),
  tlp: z.enum(TLP, 'Choose a TLP label'),
})
export type HoldingInput = z.infer<typeof HoldingInput>

/** The holding statement that a template makes: its title, and two lines. */
export function holdingContent(template: Pick<TemplateWords, 'title' | 'what' | 'toDo'>, input: HoldingInput): BulletinContent {
  const fill = (text: string) => sentenceCase(text.replace(/\{(what|who|do)\}/g, (_, field: HoldingField) => input[field]))
  const what = fill(template.what)
  return BulletinContent.parse({
    title: shorten(`${MARK}${fill(template.title)}`, 200),
    severity: input.severity,
    tlp: input.tlp,
    shortSummary: shorten(what, 300),
    summary: what,
    remediationIntro: fill(template.toDo),
  })
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
