import type { Json } from '../../../../kernel/json.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { signedContent, type SignedContent } from '../../signed-content.ts'
import type { Visible } from '../../tables.ts'

/**
 * What a signature under the plan is a signature of: what will be done, by whom, by when at first, what it costs and what it is expected to save, and which
 * risks are accepted until when. How it goes, slips and where the money stands are not among it: they are added, and shown beside it.
 */
export async function planContent(db: Reader<Visible>, planId: string): Promise<SignedContent> {
  const actions = await db
    .selectFrom('assure_action as action')
    .where('plan_id', '=', planId)
    .where('state', '!=', 'cancelled')
    .orderBy('id')
    .select([
      'id',
      'title',
      'text',
      'source_kind as source',
      'source_label as sourceLabel',
      'owner_id as owner',
      'original_date as originalDate',
      'no_date_reason as noDateReason',
      'capital_pence as capitalPence',
      'yearly_pence as yearlyPence',
      'people_days as peopleDays',
      'predicted_low_pence as predictedLowPence',
      'predicted_likely_pence as predictedLikelyPence',
      'predicted_high_pence as predictedHighPence',
      'predicted_clinic_days as predictedClinicDays',
      'accepted_until as acceptedUntil',
    ])
    .execute()
  const content = {
    plan: planId,
    // Why it has no date is said only as long as it has none.
    actions: actions.map(({ noDateReason, ...rest }) => ({ ...rest, noDateReason: rest.originalDate === null ? noDateReason : null })),
  }
  return signedContent(content satisfies Json)
}

/** What a person sees of the difference: the actions that came, went or say something else since the content was signed. */
export interface ContentChange {
  readonly title: string
  readonly what: 'added' | 'gone' | 'changed'
}

/** Compares what was signed with what the plan says. Both are texts of `planContent`. */
export function changesOf(signed: string, standing: string): readonly ContentChange[] {
  const [before, after] = [actionsIn(signed), actionsIn(standing)]
  const added = [...after].filter(([id]) => !before.has(id)).map(([, { title }]) => ({ title, what: 'added' as const }))
  const gone = [...before].filter(([id]) => !after.has(id)).map(([, { title }]) => ({ title, what: 'gone' as const }))
  const changed = [...after].flatMap(([id, { title, text }]) => {
    const was = before.get(id)
    return was === undefined || was.text === text ? [] : [{ title, what: 'changed' as const }]
  })
  return [...added, ...changed, ...gone]
}

function actionsIn(text: string): ReadonlyMap<string, { readonly title: string; readonly text: string }> {
  // Written by `planContent` alone, and kept as it was written.
  const { actions } = JSON.parse(text) as { actions: readonly { readonly id: string; readonly title: string }[] }
  return new Map(actions.map(action => [action.id, { title: action.title, text: JSON.stringify(action) }]))
}
