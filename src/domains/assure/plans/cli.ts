import { Invalid } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { londonDate } from '../../../kernel/instant.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { pageFrom, pagingOptions } from '../../../platform/cli/paging.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { listActions, SHOWN } from './list/queries.ts'
import { metWords } from './list/views.ts'
import { stateTag } from './model.ts'
import { readAction } from './routes.ts'
import { planSummary } from './summary.ts'
import { dateWords, leftWords, moneyWords, recordWords } from './views.ts'

/** A plan is an organisation's: the operator of the machine has none. Throws `Invalid`. */
function actingFor(actor: Pick<Actor, 'organisationId'>): Id<'organisation'> {
  if (actor.organisationId !== null) return actor.organisationId
  throw new Invalid('assure.plans.for-whom', 'Say as whom: --as EMAIL of a person of the organisation whose plan it is.')
}

const list: Command = {
  name: 'plan list',
  summary: 'List the actions of the plan of your organisation (use --as EMAIL to act as a person of it)',
  arguments: [],
  options: [
    { flags: '--search <words>', meaning: 'words of what is done' },
    { flags: '--state <state>', meaning: 'what to show (open)', choices: SHOWN },
    ...pagingOptions(),
  ],
  permission: 'assure.plan.view',
  async run({ platform, actor, output }, _arguments, options) {
    const organisationId = actingFor(actor)
    const today = londonDate(platform.clock.now())
    const asked = pageFrom(options)
    const textOf = (name: string) => (typeof options[name] === 'string' ? options[name] : '')
    const shown = SHOWN.find(known => known === options['state']) ?? 'open'
    const { found, summary } = await readAs<
      Visible,
      { found: Awaited<ReturnType<typeof listActions>>; summary: Awaited<ReturnType<typeof planSummary>> }
    >(platform, actor, async db => ({
      found: await listActions(db, organisationId, { search: textOf('search'), shown, funding: null, owner: null }, 'due', today, asked),
      summary: await planSummary(db, organisationId, today),
    }))
    const lines = found.rows.map(
      ({ id, title, state, dueOn, owner }) =>
        `${id}  ${(dueOn === null ? 'no date' : `${dueOn}, ${leftWords(dueOn, today)}`).padEnd(26)}  ${stateTag(state).text.padEnd(20)}  ${title}${owner === null ? '' : ` (${owner})`}`,
    )
    const words = summary === null ? ['There is no plan yet.'] : [metWords(summary), recordWords(summary.record)]
    const more = found.next === null ? [] : [`The next: --cursor ${found.next}`]
    output.result({ actions: found.rows, total: found.total, next: found.next, met: summary?.met ?? null, isAgreed: summary?.isAgreed ?? false }, [
      ...lines,
      `${found.total.toLocaleString('en-GB')} in all.`,
      ...words,
      ...more,
    ])
  },
}

const show: Command = {
  name: 'plan show',
  summary: 'Show one action of the plan, with its dates',
  arguments: [required('id', 'the action, as "carecert plan list" names it')],
  options: [],
  permission: 'assure.plan.view',
  async run({ platform, actor, output }, [id = '']) {
    const { action, history } = await readAs<Visible, Awaited<ReturnType<typeof readAction>>>(platform, actor, db =>
      readAction(db, actingFor(actor), id),
    )
    output.result({ ...action, dates: history.dates, events: history.events, retests: history.retests, followedBy: history.followedBy }, [
      action.title,
      `${stateTag(action.state).text} · ${action.fundingLabel} · ${moneyWords(action)} · ${action.owner ?? 'nobody yet'}`,
      action.originalDate === null ? `No date: ${action.noDateReason ?? ''}` : `Original date ${dateWords(action.originalDate)}`,
      ...history.dates.map(({ dueOn, reason }) => `  then ${dateWords(dueOn)}: ${reason}`),
      ...(action.text === '' ? [] : ['', action.text]),
    ])
  },
}

export const planCommands: readonly Command[] = [list, show]
