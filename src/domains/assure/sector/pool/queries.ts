import type { Reader } from '../../../../platform/work/read.ts'
import { NO_OWNERS } from '../../benchmark/queries.ts'
import type { Visible } from '../../tables.ts'

/** Whether the organisation lets its unfunded improvements be counted among those of others. */
export async function isPooled(db: Reader<Visible>, organisationId: string): Promise<boolean> {
  const row = await db
    .selectFrom('assure_need_pool')
    .where('organisation_id', '=', organisationId)
    .where('withdrawn_at', 'is', null)
    .select('organisation_id')
    .executeTakeFirst()
  return row !== undefined
}

export interface Need {
  readonly organisationId: string
  readonly improvementCode: string
  /** Once and for a year together. */
  readonly pence: number
}

/** The improvements that stand in plans without money, as far as the reader may see: of one organisation, or with `null` of all that let theirs be counted. */
export async function unfundedNeeds(db: Reader<Visible>, organisationId: string | null): Promise<readonly Need[]> {
  const rows = await db
    .selectFrom('assure_action as action')
    .innerJoin('assure_funding_status as funding', 'funding.code', 'action.funding')
    .where('action.source_kind', '=', 'improvement')
    .where('action.state', 'in', ['planned', 'in-progress'])
    .where('funding.money', '=', 'missing')
    .$if(organisationId !== null, query => query.where('action.organisation_id', '=', organisationId ?? ''))
    .$if(organisationId === null, query =>
      query.where('action.organisation_id', 'in', eb =>
        eb.selectFrom('assure_need_pool').where('withdrawn_at', 'is', null).select('organisation_id'),
      ),
    )
    .select([
      'action.organisation_id as organisationId',
      'action.source_id as code',
      'action.capital_pence as capital',
      'action.yearly_pence as yearly',
    ])
    .execute()
  return rows.flatMap(({ organisationId: id, code, capital, yearly }) =>
    code === null ? [] : [{ organisationId: id, improvementCode: code, pence: capital + yearly }],
  )
}

/** The organisations that let their needs be counted, each with the code of the body that it is a part of, or its own; for the system. */
export async function pooledOrganisations(db: Reader<Visible>): Promise<readonly { readonly id: string; readonly owner: string }[]> {
  return db
    .selectFrom('assure_need_pool as pool')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'pool.organisation_id')
    .leftJoin('directory_organisation as parent', join =>
      join.onRef('parent.code', '=', 'organisation.parent_code').on('parent.type', 'not in', [...NO_OWNERS]),
    )
    .where('pool.withdrawn_at', 'is', null)
    .orderBy('organisation.id')
    .select(({ fn }) => ['organisation.id', fn.coalesce('parent.code', 'organisation.code').as('owner')])
    .execute()
}
