import { z } from 'zod'
import { SIZES } from '../catalogue/model.ts'
import { improvementContent, scenarioContent, sourceSchema } from '../entry-content.ts'

/** What the columns of a case hold, as it is read back. */

const codes = z.array(z.string().max(60)).max(200)
const MOST_PENCE = 1e13

export const settingsContent = z.object({
  size: z.enum(SIZES),
  capital: z.int().min(0).max(MOST_PENCE),
  revenue: z.int().min(0).max(MOST_PENCE),
  peopleDays: z.number().min(0).max(1e6),
  dayRate: z.int().min(0).max(MOST_PENCE),
  required: codes,
  excluded: codes,
  years: z.int().min(1).max(5),
})

const versions = z.record(z.string(), z.int().positive())
export const versionsContent = z.object({ improvement: versions, scenario: versions, rule: versions })

export const figureContent = z.object({ low: z.number(), likely: z.number(), high: z.number(), source: sourceSchema })

export const ownImprovementContent = improvementContent
export const ownScenarioContent = scenarioContent.extend({ like: z.string().max(60).nullable() })
