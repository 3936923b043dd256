import type { Problem } from '../../../kernel/problem.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { bulletinOf } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { ruleSentence, type AudienceRule } from './model.ts'
import { namesFor, ruleOf } from './queries.ts'
import { checkRule } from './queries/checking.ts'
import { listAudience } from './queries/lists.ts'
import { countAudience } from './queries/reasons.ts'
import { countView } from './views.ts'

const NAMES_SHOWN = 10

/** What a rule that was not saved would come to for a bulletin, as `views/count.njk` shows it. Nothing is stored. */
export async function countRule(db: Reader<Visible>, number: number, rule: AudienceRule): Promise<object> {
  const stored = await ruleOf(db, (await bulletinOf(db, number)).id)
  const checked = await checkRule(db, { ...stored, rule, isUnread: false })
  const found = await listAudience(
    db,
    checked,
    { list: 'reached', search: '', type: '', region: '', sort: 'code' },
    { limit: NAMES_SHOWN, cursor: null },
  )
  const { summary, reasons } = await countAudience(db, checked)
  return countView(ruleSentence(rule, await namesFor(db, rule)), summary, reasons, found.rows)
}

/** The same for fields that make no rule yet. */
export function unreadable(problems: readonly Problem[]): object {
  const summary = { organisations: 0, contacts: 0, unreachable: 0, hash: '', problems: problems.map(({ message }) => message) }
  return countView('A part of it is not complete.', summary, { leftOut: [], unreachable: [], inDoubt: 0, addresses: 0 }, [])
}
