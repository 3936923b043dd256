import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Figure } from '../catalogue/model.ts'
import { sizeOf } from '../catalogue/model.ts'
import { catalogueAt, versionsInUse } from '../catalogue/queries.ts'
import type { Visible } from '../tables.ts'
import { ownImprovementContent, ownScenarioContent, settingsContent } from './content.ts'
import type { CaseSettings, OwnEntry } from './model.ts'
import { caseById, newestReviews, ownOrganisation } from './queries.ts'

const CHANGE = 'assure.investment.change'

/** Opens a case by the catalogue of today, with what is assumed for an organisation of that type and size. What its newest review says is in place is suggested. */
export async function openCase(work: Work<Visible>, input: { readonly name: string }): Promise<Id<'investment'>> {
  assertMay(work.actor, CHANGE)
  const name = cleanLine(input.name)
  if (name === '') throw new Invalid('assure.investment.name', 'Give the case a name, such as Budget 2027-28.')
  if (name.length > 120) throw new Invalid('assure.investment.name', 'Use 120 characters or fewer for the name.')
  const organisation = await ownOrganisation(work.db, work.actor)
  const versions = await versionsInUse(work.db)
  const catalogue = await catalogueAt(work.db, versions)
  const band = sizeOf(catalogue.size.content, { type: organisation.type, staff: organisation.size })
  const settings: CaseSettings = {
    size: band.code,
    capital: band.capital,
    revenue: band.revenue,
    peopleDays: band.peopleDays,
    dayRate: band.dayRate,
    required: [],
    excluded: [],
    years: 3,
  }
  const reviews = await newestReviews(work.db, organisation.id)
  const id = work.newId('investment')
  await work.db
    .insertInto('assure_case')
    .values({
      id,
      organisation_id: organisation.id,
      name,
      assessment_id: reviews[0]?.id ?? null,
      versions: JSON.stringify(versions),
      settings: JSON.stringify(settings),
      in_place: [],
      opened_at: work.now,
      opened_by: work.actor.id,
      changed_at: work.now,
      changed_by: work.actor.id,
    })
    .execute()
  record(work, 'opened', id)
  return id
}

/** Changes what there is to spend and what is wished; what is not named stays. Throws `Conflict` when a colleague changed the case since. */
export async function changeSettings(
  work: Work<Visible>,
  input: { readonly id: string; readonly seen: number | null; readonly settings: Partial<CaseSettings>; readonly inPlace?: readonly string[] },
): Promise<void> {
  const found = await own(work, input.id, input.seen)
  const parsed = settingsContent.safeParse({ ...found.settings, ...input.settings })
  if (!parsed.success)
    throw new Invalid('assure.investment.settings', parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}.`).join(' '))
  const settings = parsed.data
  const contradiction = settings.required.find(code => settings.excluded.includes(code))
  if (contradiction !== undefined)
    throw new Invalid('assure.investment.contradiction', `You ask to have ${contradiction} and not to have it. Take one of the two back.`)
  await save(work, input.id, {
    settings: JSON.stringify(settings),
    ...(input.inPlace === undefined ? {} : { in_place: [...new Set(input.inPlace)] }),
  })
  record(work, 'changed', input.id)
}

/** Says one figure otherwise than the catalogue, with why. It is the organisation's own and is told to nobody. */
export async function overrideFigure(
  work: Work<Visible>,
  input: {
    readonly id: string
    readonly kind: 'improvement' | 'scenario'
    readonly code: string
    readonly field: string
    readonly figure: Figure
    readonly reason: string
    readonly owner: string
  },
): Promise<void> {
  await own(work, input.id, null)
  const reason = cleanText(input.reason)
  if (reason === '') throw new Invalid('assure.investment.reason', 'Say why you say it otherwise.')
  const row = {
    value: JSON.stringify(input.figure),
    reason,
    owner: cleanLine(input.owner),
    at: work.now,
    by_id: work.actor.id,
  }
  await work.db
    .insertInto('assure_case_override')
    .values({ case_id: input.id, kind: input.kind, code: input.code, field: input.field, ...row })
    .onConflict(conflict => conflict.columns(['case_id', 'kind', 'code', 'field']).doUpdateSet(row))
    .execute()
  await save(work, input.id, {})
  record(work, 'overridden', input.id)
}

/** Goes back to what the catalogue says: of one figure, or of all. */
export async function resetOverrides(
  work: Work<Visible>,
  input: { readonly id: string; readonly only: { readonly kind: 'improvement' | 'scenario'; readonly code: string; readonly field: string } | null },
): Promise<void> {
  await own(work, input.id, null)
  const { only } = input
  let unwanted = work.db.deleteFrom('assure_case_override').where('case_id', '=', input.id)
  if (only !== null) unwanted = unwanted.where('kind', '=', only.kind).where('code', '=', only.code).where('field', '=', only.field)
  await unwanted.execute()
  await save(work, input.id, {})
  record(work, 'reset', input.id)
}

/** Goes by the catalogue as it is today. What the organisation says otherwise stays. */
export async function takeUpCatalogue(work: Work<Visible>, id: string): Promise<void> {
  await own(work, id, null)
  await save(work, id, { versions: JSON.stringify(await versionsInUse(work.db)) })
  record(work, 'taken-up', id)
}

const OWN_PREFIX = 'own-'
const MOST_OWN = 40

/** Adds an improvement or a scenario of the organisation's own. Gives its code. */
export async function addOwn(work: Work<Visible>, input: { readonly id: string; readonly entry: Omit<OwnEntry, 'code'> }): Promise<string> {
  await own(work, input.id, null)
  const { kind, content } = input.entry
  const name = cleanLine(input.entry.name)
  if (name === '' || name.length > 120) throw new Invalid('assure.investment.own-name', 'Give it a name of 120 characters or fewer.')
  const parsed = (kind === 'improvement' ? ownImprovementContent : ownScenarioContent).safeParse(content)
  if (!parsed.success)
    throw new Invalid('assure.investment.own', parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}.`).join(' '))
  const known = await work.db.selectFrom('assure_case_entry').where('case_id', '=', input.id).select('code').execute()
  if (known.length >= MOST_OWN) throw new Conflict('assure.investment.own-many', `A case holds ${MOST_OWN} of your own. Take one away first.`)
  const next = Math.max(0, ...known.map(({ code }) => Number(code.slice(OWN_PREFIX.length)) || 0)) + 1
  const code = `${OWN_PREFIX}${next}`
  await work.db
    .insertInto('assure_case_entry')
    .values({ case_id: input.id, kind, code, name, content: JSON.stringify(parsed.data), at: work.now, by_id: work.actor.id })
    .execute()
  await save(work, input.id, {})
  record(work, 'added', input.id)
  return code
}

export async function removeOwn(work: Work<Visible>, input: { readonly id: string; readonly code: string }): Promise<void> {
  await own(work, input.id, null)
  await work.db.deleteFrom('assure_case_entry').where('case_id', '=', input.id).where('code', '=', input.code).execute()
  await save(work, input.id, {})
  record(work, 'removed', input.id)
}

/** Takes a case away. Its answers and decisions stay on record. */
export async function withdrawCase(work: Work<Visible>, id: string): Promise<void> {
  await own(work, id, null)
  await save(work, id, { withdrawn_at: work.now })
  record(work, 'withdrawn', id)
}

/** The case, locked, for somebody of its organisation who may change it. Throws `NotFound`, `Forbidden` and, where a colleague was quicker, `Conflict`. */
export async function own(work: Work<Visible>, id: string, seen: number | null) {
  assertMay(work.actor, CHANGE)
  const locked = await work.db.selectFrom('assure_case').where('id', '=', id).select(['organisation_id', 'revision']).forUpdate().executeTakeFirst()
  if (locked === undefined || locked.organisation_id !== work.actor.organisationId)
    throw new NotFound('assure.investment.unknown', 'There is no such case among yours. Look at the list of your cases.')
  if (seen !== null && locked.revision !== seen)
    throw new Conflict('assure.investment.changed', 'A colleague has changed this case since you opened it. Look at what stands, then change that.')
  return caseById(work.db, id)
}

/** Who saves says so: by the revision a colleague notices. */
async function save(
  work: Work<Visible>,
  id: string,
  change: { readonly settings?: string; readonly in_place?: string[]; readonly versions?: string; readonly withdrawn_at?: Date },
): Promise<void> {
  await work.db
    .updateTable('assure_case')
    .where('id', '=', id)
    .set(eb => ({ ...change, revision: eb('revision', '+', 1), changed_at: work.now, changed_by: work.actor.id }))
    .execute()
}

/** The centre reads the audit: it says that there is a case and what was done to it, and nothing of what is in it. */
export function record(work: Work<Visible>, what: string, id: string): void {
  const organisationId = work.actor.organisationId
  work.record({ verb: `assure.investment.${what}`, subject: { kind: 'investment', id }, ...(organisationId === null ? {} : { organisationId }) })
}
