import { sql } from 'kysely'
import { NotFound } from '../../../../kernel/errors.ts'
import type { Instant, LocalDate } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { isInForce, type HoldingTemplate } from './model.ts'

type Asks = Pick<Reader<Visible>, 'selectFrom'>

/** A version of a template with who made it. */
export interface KeptTemplate extends HoldingTemplate {
  readonly savedAt: Instant
  /** `null` for what came with the product. */
  readonly savedBy: string | null
  readonly approvedBy: string | null
  readonly approvedAt: Instant | null
}

/** Every version of every template, by name, the newest version first. */
export async function allTemplates(db: Asks): Promise<readonly KeptTemplate[]> {
  const rows = await db
    .selectFrom('broadcast_holding_template as template')
    .leftJoin('directory_person as author', 'author.id', 'template.saved_by')
    .leftJoin('directory_person as approver', 'approver.id', 'template.approved_by')
    .select([
      'template.code',
      'template.version',
      'template.name',
      'template.title',
      'template.what',
      'template.to_do as toDo',
      'template.effective_from as effectiveFrom',
      'template.effective_to as effectiveTo',
      'template.saved_by as savedById',
      'template.saved_at as savedAt',
      'author.name as savedBy',
      'approver.name as approvedBy',
      'template.approved_at as approvedAt',
    ])
    .orderBy('template.code')
    .orderBy('template.version', 'desc')
    .execute()
  return rows.map(row => ({
    ...row,
    effectiveFrom: row.effectiveFrom as LocalDate | null,
    effectiveTo: row.effectiveTo as LocalDate | null,
    isApproved: row.approvedAt !== null,
  }))
}

/** The versions of one template, the newest first. Throws `NotFound`. */
export async function templateVersions(db: Asks, code: string): Promise<readonly KeptTemplate[]> {
  const versions = (await allTemplates(db)).filter(template => template.code === code)
  if (versions.length === 0) throw new NotFound('broadcast.template.not-found', 'There is no such template. Choose one from the list.')
  return versions
}

/** The templates by which one may release on that day: of each the newest version that is in force. */
export async function templatesInForce(db: Asks, today: LocalDate): Promise<readonly KeptTemplate[]> {
  const usable = (await allTemplates(db)).filter(template => isInForce(template, today))
  return usable.filter((template, at) => usable.findIndex(({ code }) => code === template.code) === at)
}

/** Lets one press of that button be served at a time, for as long as its unit of work lasts: the next one finds what the first made. */
export async function lockRequest(db: Pick<Reader<Visible>, 'getExecutor'>, request: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext(${`broadcast.holding ${request}`}))`.execute(db)
}

/** The bulletin that was made by that press of the button; `undefined` when there is none. */
export async function bulletinOfRequest(db: Asks, request: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('broadcast_holding as holding')
    .innerJoin('broadcast_bulletin as bulletin', 'bulletin.id', 'holding.bulletin_id')
    .where('holding.request', '=', request)
    .select('bulletin.number')
    .executeTakeFirst()
  return row?.number
}

/** The names of the audiences that can be used again. */
export async function savedAudienceNames(db: Asks): Promise<readonly string[]> {
  const rows = await db.selectFrom('broadcast_saved_audience').select('name').distinct().orderBy('name').limit(200).execute()
  return rows.map(({ name }) => name)
}
