import { Conflict, Invalid, InvalidParts } from '../../../kernel/errors.ts'
import type { CrosswalkDocument, FrameworkDocument, FrameworkFile, FrameworkProfile } from '../../../kernel/framework.ts'
import type { Instant } from '../../../kernel/instant.ts'
import { chunks } from '../../../platform/db/chunks.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { checkFramework, checkProfile, isFatal } from './check.ts'
import { contentHash, profileDifferences, resolvedPairs } from './identity.ts'
import { profileLevels } from './queries.ts'
import { codesOf, documentOf, frameworksWith, isInUse, liveProfile, storedCrosswalk, storedFramework, versionsOf } from './queries/stored.ts'

export interface Taken {
  readonly what: 'framework' | 'profile' | 'crosswalk'
  readonly code: string
  readonly version: string
  readonly outcome: 'added' | 'changed' | 'unchanged'
  /** What a person should know: findings of the check, ends of a crosswalk that are not there. */
  readonly notes: readonly string[]
}

/**
 * Takes in what a file holds: frameworks, then profiles, then crosswalks.
 *
 * 1. A framework with a fatal fault is not stored, nor anything else of its file.
 * 2. The same content again changes nothing. Other content under a key that somebody has begun to answer is refused: it needs a version of its own.
 * 3. A framework that comes with the product is never changed by a file.
 *
 * Throws `InvalidParts` with every fatal finding, `Conflict` for 2 and 3, and for a profile that another source says otherwise.
 */
export async function takeFrameworks(work: Work<Visible>, file: FrameworkFile): Promise<readonly Taken[]> {
  assertMay(work.actor, 'assure.framework.import')
  const taken: Taken[] = []
  for (const framework of file.frameworks) {
    taken.push(await takeFramework(work, framework))
    const stored = await storedFramework(work.db, framework.code, framework.version)
    for (const profile of framework.profiles) taken.push(await takeProfile(work, stored?.id ?? '', profile))
  }
  for (const profile of file.profiles) taken.push(await takeProfile(work, await frameworkOfProfile(work, profile), profile))
  for (const crosswalk of file.crosswalks) taken.push(await takeCrosswalk(work, crosswalk))
  return taken
}

async function takeFramework(work: Work<Visible>, framework: FrameworkDocument): Promise<Taken> {
  const findings = checkFramework(framework)
  if (isFatal(findings))
    throw new InvalidParts(
      'assure.framework.faulty',
      findings.filter(finding => finding.severity === 'error'),
    )
  const { code, version } = framework
  const notes = findings.map(finding => finding.message)
  const hash = contentHash(framework)
  const before = await storedFramework(work.db, code, version)
  if (before?.contentHash === hash) return { what: 'framework', code, version, outcome: await broughtBack(work, before, { code, version }), notes }
  if (before?.isShipped === true)
    throw new Conflict('assure.framework.shipped', `${code} ${version} comes with the product. Give yours a code of its own.`)
  if (before !== undefined && (await isInUse(work.db, before.id)))
    throw new Conflict(
      'assure.framework.answered',
      `${code} ${version} is being answered, and this file says other things under the same code and version. Nothing was changed. Give it a version of its own, so that no answer changes its meaning.`,
    )
  const id = before?.id ?? work.newId('framework')
  const facts = {
    name: framework.name,
    description: framework.description,
    publisher: framework.publisher,
    source: framework.source,
    licence: framework.licence,
    subject: framework.subject,
    rule: JSON.stringify(framework.rule),
    levels: JSON.stringify(framework.levels),
    findings: JSON.stringify(findings),
    content_hash: hash,
    withdrawn_at: null,
    loaded_at: work.now,
    loaded_by: work.actor.id,
  }
  if (before === undefined)
    await work.db
      .insertInto('assure_framework')
      .values({ id, code, version, ...facts })
      .execute()
  else {
    await work.db.updateTable('assure_framework').set(facts).where('id', '=', id).execute()
    await work.db.deleteFrom('assure_indicator').where('framework_id', '=', id).execute()
    await work.db.deleteFrom('assure_framework_node').where('framework_id', '=', id).execute()
  }
  await storeTree(work, id, framework)
  const outcome = before === undefined ? 'added' : 'changed'
  work.record({ verb: `assure.frameworks.${outcome}`, subject: { kind: 'framework', id }, change: { code, version, hash } })
  return { what: 'framework', code, version, outcome, notes }
}

/** One that was withdrawn is in use again when its file comes again. */
async function broughtBack(
  work: Work<Visible>,
  { id, withdrawnAt }: { readonly id: string; readonly withdrawnAt: Instant | null },
  key: { readonly code: string; readonly version: string },
): Promise<'changed' | 'unchanged'> {
  if (withdrawnAt === null) return 'unchanged'
  await work.db.updateTable('assure_framework').set({ withdrawn_at: null }).where('id', '=', id).execute()
  work.record({ verb: 'assure.frameworks.brought-back', subject: { kind: 'framework', id }, change: key })
  return 'changed'
}

async function storeTree(work: Work<Visible>, id: string, framework: FrameworkDocument): Promise<void> {
  const levelsOf = Map.groupBy(framework.indicators, indicator => indicator.outcomeCode)
  const nodes = framework.nodes.map((node, position) => ({
    framework_id: id,
    code: node.code,
    kind: node.kind,
    parent_code: node.parentCode,
    title: node.title,
    description: node.description,
    position,
    levels: node.kind === 'group' ? [] : levelsSpoken(framework, levelsOf.get(node.code) ?? []),
  }))
  for (const some of chunks(nodes)) await work.db.insertInto('assure_framework_node').values(some).execute()
  const indicators = framework.indicators.map((indicator, position) => ({
    framework_id: id,
    code: indicator.code,
    outcome_code: indicator.outcomeCode,
    level: indicator.level,
    text: indicator.text,
    reference: indicator.reference,
    position,
  }))
  for (const some of chunks(indicators)) await work.db.insertInto('assure_indicator').values(some).execute()
}

/** The levels that an outcome can come out at: those that a step gives because the outcome has a list for it, and what is left. */
function levelsSpoken({ levels, rule }: FrameworkDocument, indicators: FrameworkDocument['indicators']): string[] {
  const lists = new Set(indicators.map(indicator => indicator.level))
  const given = new Set([rule.otherwise, ...rule.steps.filter(step => lists.has(step.of)).map(step => step.gives)])
  return levels.map(level => level.code).filter(level => given.has(level))
}

/** The framework whose outcomes a profile names. Throws `Invalid` where none is loaded that fits, or several. */
async function frameworkOfProfile(work: Work<Visible>, profile: FrameworkProfile): Promise<string> {
  const named = profile.levels.map(level => level.outcomeCode)
  const candidates = await frameworksWith(work.db, named)
  const fitting = []
  for (const { id } of candidates) if (checkProfile(await documentOf(work.db, id), profile).length === 0) fitting.push(id)
  const [first, second] = fitting
  if (first === undefined)
    throw new Invalid(
      'assure.profile.framework',
      `"${profile.name}" selects ${named.length} outcomes (${named.slice(0, 3).join(', ')} …) of a framework that is not loaded here. Import that framework first, then this again.`,
    )
  if (second !== undefined)
    throw new Invalid(
      'assure.profile.framework',
      `"${profile.name}" fits ${fitting.length} frameworks that are loaded. Enter it on the page of the one that is meant.`,
    )
  return first
}

/**
 * Takes the profile of a file. One that is there under the same code with other levels is replaced only where it came from the same source: where two sources
 * disagree, a person looks (`Conflict`).
 */
async function takeProfile(work: Work<Visible>, frameworkId: string, profile: FrameworkProfile): Promise<Taken> {
  const framework = await documentOf(work.db, frameworkId)
  const before = await liveProfile(work.db, frameworkId, profile.code)
  const key = { what: 'profile', code: profile.code, version: `${framework.code} ${framework.version}` } as const
  if (before !== undefined) {
    const differing = profileDifferences(await profileLevels(work.db, before.id), profile.levels)
    if (differing.length === 0) return { ...key, outcome: 'unchanged', notes: [] }
    if (before.source !== profile.source)
      throw new Conflict(
        'assure.profile.disagree',
        `The profile ${profile.code} of ${key.version} is there already, from another source ("${before.source}"), and the two differ in ${differing.join(', ')}. Look which is right. Nothing was changed.`,
      )
  }
  await setProfile(work, frameworkId, profile)
  return { ...key, outcome: before === undefined ? 'added' : 'changed', notes: [] }
}

/**
 * Sets the levels that a profile asks of each outcome. Another of the same code is withdrawn, and stays with the reviews that were opened under it.
 * Throws `InvalidParts` for an outcome or a level that is not the framework's, and for a profile without a source.
 */
export async function setProfile(work: Work<Visible>, frameworkId: string, profile: FrameworkProfile): Promise<string> {
  assertMay(work.actor, 'assure.profile.set')
  const findings = checkProfile(await documentOf(work.db, frameworkId), profile).filter(finding => finding.severity === 'error')
  if (findings.length > 0) throw new InvalidParts('assure.profile.faulty', findings)
  if (profile.levels.length === 0) throw new Invalid('assure.profile.empty', 'The profile asks for nothing. Choose a level for one outcome at least.')
  await work.db
    .updateTable('assure_profile')
    .set({ withdrawn_at: work.now })
    .where('framework_id', '=', frameworkId)
    .where('code', '=', profile.code)
    .where('withdrawn_at', 'is', null)
    .execute()
  const id = work.newId('profile')
  await work.db
    .insertInto('assure_profile')
    .values({
      id,
      framework_id: frameworkId,
      code: profile.code,
      name: profile.name,
      organisation_type: profile.organisationType,
      period: profile.period,
      source: profile.source,
      entered_at: work.now,
      entered_by: work.actor.id,
    })
    .execute()
  const rows = profile.levels.map(({ outcomeCode, level }) => ({ profile_id: id, outcome_code: outcomeCode, level }))
  for (const some of chunks(rows)) await work.db.insertInto('assure_profile_level').values(some).execute()
  work.record({ verb: 'assure.profiles.set', subject: { kind: 'profile', id }, change: { frameworkId, code: profile.code, outcomes: rows.length } })
  return id
}

async function takeCrosswalk(work: Work<Visible>, crosswalk: CrosswalkDocument): Promise<Taken> {
  const from = await completed(work, crosswalk.from)
  const to = await completed(work, crosswalk.to)
  const resolved = resolvedPairs(crosswalk.pairs, await codesOf(work.db, from), await codesOf(work.db, to))
  const label = `${to.code} ${to.version}`.trim()
  const key = { what: 'crosswalk', code: `${from.code} ${from.version}`.trim(), version: `to ${label}` } as const
  if (from.code === '' || to.code === '' || crosswalk.pairs.length === 0)
    throw new Invalid(
      'assure.crosswalk.empty',
      `The crosswalk "${crosswalk.name}" does not say which two frameworks it ties, or ties nothing. Nothing was taken.`,
    )
  const notes = [
    ...(from.isLoaded ? [] : [`${key.code} is not loaded here. The crosswalk is kept by code, and works when it is.`]),
    ...(to.isLoaded ? [] : [`${label} is not loaded here. The crosswalk is kept by code, and works when it is.`]),
    ...(resolved.strangers.length > 0
      ? [`Codes that its frameworks do not have: ${resolved.strangers.slice(0, 8).join(', ')}${resolved.strangers.length > 8 ? ' …' : ''}.`]
      : []),
  ]
  const before = await storedCrosswalk(work.db, from, to)
  const pairs = resolved.pairs.toSorted((a, b) => (`${a.fromCode}\n${a.toCode}` < `${b.fromCode}\n${b.toCode}` ? -1 : 1))
  if (before !== undefined && JSON.stringify(before.pairs) === JSON.stringify(pairs)) return { ...key, outcome: 'unchanged', notes }
  const id = before?.id ?? work.newId('crosswalk')
  const facts = { name: crosswalk.name, source: crosswalk.source, loaded_at: work.now, loaded_by: work.actor.id }
  if (before === undefined) {
    const ends = { from_framework: from.code, from_version: from.version, to_framework: to.code, to_version: to.version }
    await work.db
      .insertInto('assure_crosswalk')
      .values({ id, ...ends, ...facts })
      .execute()
  } else {
    await work.db.updateTable('assure_crosswalk').set(facts).where('id', '=', id).execute()
    await work.db.deleteFrom('assure_crosswalk_pair').where('crosswalk_id', '=', id).execute()
  }
  const rows = pairs.map(pair => ({
    crosswalk_id: id,
    from_code: pair.fromCode,
    to_code: pair.toCode,
    relation: pair.relation,
    strength: pair.strength,
    rationale: pair.rationale,
  }))
  for (const some of chunks(rows)) await work.db.insertInto('assure_crosswalk_pair').values(some).execute()
  const outcome = before === undefined ? 'added' : 'changed'
  work.record({ verb: `assure.crosswalks.${outcome}`, subject: { kind: 'crosswalk', id }, change: { from: key.code, to: label, pairs: rows.length } })
  return { ...key, outcome, notes }
}

/** A mapping often leaves out the version: it is the one that is loaded, where there is one only. */
async function completed(work: Work<Visible>, key: CrosswalkDocument['from']) {
  const versions = await versionsOf(work.db, key.code)
  const [only] = versions
  const version = key.version === '' && only !== undefined && versions.length === 1 ? only : key.version
  return { code: key.code, version, isLoaded: versions.includes(version) }
}
