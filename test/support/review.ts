import type { Visible } from '../../src/domains/assure/tables.ts'
import { SYSTEM } from '../../src/platform/work/actor.ts'
import { runWork, type Work, type WorkPlatform } from '../../src/platform/work/work.ts'

/** The rule of the Cyber Assessment Framework, and its levels. */
const RULE = {
  steps: [
    { when: 'any', of: 'not-achieved', gives: 'not-achieved' },
    { when: 'all', of: 'achieved', gives: 'achieved' },
    { when: 'all', of: 'partially-achieved', gives: 'partially-achieved' },
  ],
  otherwise: 'not-achieved',
}
const LEVELS = [
  { code: 'achieved', label: 'Achieved', tone: 'good' },
  { code: 'partially-achieved', label: 'Partially achieved', tone: 'partial' },
  { code: 'not-achieved', label: 'Not achieved', tone: 'bad' },
]

export interface InventedOutcome {
  readonly code: string
  readonly title?: string
  /** Level → the texts of its statements. Their codes are the outcome's, with a number. */
  readonly statements: Readonly<Record<string, readonly string[]>>
  /** What the profile asks. */
  readonly target?: string
}

export interface InventedFramework {
  readonly code?: string
  readonly version?: string
  readonly outcomes: readonly InventedOutcome[]
}

export interface PlantedFramework {
  readonly frameworkId: string
  readonly profileId: string
}

/** Puts an invented framework there, with a profile for everybody: in one group, its outcomes in the order given. */
export function plantFramework(platform: WorkPlatform, { code = 'invented', version = '1', outcomes }: InventedFramework): Promise<PlantedFramework> {
  return runWork<Visible, PlantedFramework>(platform, SYSTEM, async work => {
    const frameworkId = work.newId('framework')
    await insertFramework(work, frameworkId, code, version)
    const node = { framework_id: frameworkId, description: '' }
    await work.db
      .insertInto('assure_framework_node')
      .values([
        { ...node, code: 'A', kind: 'group', parent_code: null, title: 'Managing risk', position: 0 },
        ...outcomes.map((one, at) => ({
          ...node,
          code: one.code,
          kind: 'outcome' as const,
          parent_code: 'A',
          title: one.title ?? `Outcome ${one.code}`,
          position: at + 1,
          levels: Object.keys(one.statements),
        })),
      ])
      .execute()
    const indicators = outcomes.flatMap(one =>
      Object.entries(one.statements).flatMap(([level, texts]) => texts.map(text => ({ outcome_code: one.code, level, text }))),
    )
    const counts = new Map<string, number>()
    await work.db
      .insertInto('assure_indicator')
      .values(
        indicators.map((one, position) => {
          const number = (counts.get(one.outcome_code) ?? 0) + 1
          counts.set(one.outcome_code, number)
          return { ...one, framework_id: frameworkId, code: `${one.outcome_code}.${number}`, position }
        }),
      )
      .execute()
    const profileId = await insertProfile(work, frameworkId, outcomes)
    work.record({ verb: 'test.framework', subject: { kind: 'framework', id: frameworkId } })
    return { frameworkId, profileId }
  })
}

async function insertFramework(work: Work<Visible>, id: string, code: string, version: string): Promise<void> {
  await work.db
    .insertInto('assure_framework')
    .values({
      id,
      code,
      version,
      name: `Framework ${code}`,
      source: 'test',
      subject: 'organisation',
      rule: JSON.stringify(RULE),
      levels: JSON.stringify(LEVELS),
      content_hash: 'test',
      loaded_at: work.now,
      loaded_by: 'system',
    })
    .execute()
}

async function insertProfile(work: Work<Visible>, frameworkId: string, outcomes: readonly InventedOutcome[]): Promise<string> {
  const id = work.newId('profile')
  const whose = { organisation_type: null, period: null, source: 'test', entered_at: work.now, entered_by: 'system' }
  await work.db
    .insertInto('assure_profile')
    .values({ id, framework_id: frameworkId, code: 'asked', name: 'What is asked', ...whose })
    .execute()
  const levels = outcomes.flatMap(({ code, target }) => (target === undefined ? [] : [{ profile_id: id, outcome_code: code, level: target }]))
  if (levels.length > 0) await work.db.insertInto('assure_profile_level').values(levels).execute()
  return id
}
