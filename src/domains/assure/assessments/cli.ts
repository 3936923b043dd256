import { Invalid } from '../../../kernel/errors.ts'
import { londonDate } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { pageFrom, pagingOptions } from '../../../platform/cli/paging.ts'
import { readFileLimited } from '../../../platform/fetch/fetch.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { statusLabel } from '../frameworks/model.ts'
import { frameworkByKey } from '../frameworks/queries.ts'
import type { Visible } from '../tables.ts'
import { openAssessment } from './commands.ts'
import { ASSESSMENT_STATES, isAssessmentState, periodOf, stateLabel, type Assessment, type AssessmentRow, type AssessmentsFilter } from './model.ts'
import { totalsOf, type OutcomeLine } from './outcomes/model.ts'
import { frameworkOf, outcomeLines } from './outcomes/queries.ts'
import { listAssessments, ownAssessment, profilesFor } from './queries.ts'
import { takeAnswers, type Taken } from './sheet/commands.ts'
import { differingStatuses } from './sheet/model.ts'
import { readAnswersFile } from './sheet/read-file.ts'
import { titleOf } from './views.ts'

const PROBLEMS_SHOWN = 20
const MOST_ROWS = 500

const listCommand: Command = {
  name: 'assessments list',
  summary: "List an organisation's own reviews: as a person of it, by --as",
  arguments: [],
  options: [
    { flags: '--state <state>', meaning: 'all but withdrawn when left out', choices: ['all', ...ASSESSMENT_STATES] },
    ...pagingOptions(MOST_ROWS),
  ],
  permission: 'assure.assessment.view',
  async run({ platform, actor, output }, _arguments, options) {
    const wanted = typeof options['state'] === 'string' ? options['state'] : ''
    const state = wanted === 'all' || isAssessmentState(wanted) ? wanted : ''
    const filter: AssessmentsFilter = { search: '', state }
    const asked = pageFrom(options, MOST_ROWS)
    const { rows, next } = await readAs<Visible, Page<AssessmentRow>>(platform, actor, db => listAssessments(db, actor, filter, '-period', asked))
    const lines = rows.map(
      row => `${row.id}  ${titleOf(row)}, ${row.subject}: ${stateLabel(row.state)}, ${row.complete} of ${row.outcomes} outcomes complete`,
    )
    const none =
      actor.organisationId === null
        ? 'Reviews belong to organisations. Say for whom you ask: --as EMAIL of a person there.'
        : 'No review yet. Open one: carecert assessments open.'
    output.result(rows, lines.length === 0 ? [none] : lines)
    output.more(next)
  },
}

const showCommand: Command = {
  name: 'assessments show',
  summary: 'Show a review: its outcomes, what they came out as, and what is asked',
  arguments: [required('id', 'as "assessments list" gives it')],
  options: [],
  permission: 'assure.assessment.view',
  async run({ platform, actor, output }, [id = '']) {
    const found = await readAs<Visible, Shown>(platform, actor, db => shown(db, actor, id))
    const { assessment, lines, label } = found
    const totals = totalsOf(lines)
    output.result({ ...assessment, totals, outcomes: lines }, [
      `${titleOf(assessment)}, ${assessment.subject}: ${stateLabel(assessment.state)}`,
      `${totals.answered} of ${totals.indicators} statements answered, ${totals.complete} of ${totals.outcomes} outcomes complete, ${totals.below} below what is asked`,
      ...lines.map(line => `${line.code.padEnd(8)} ${(line.progress === 'complete' ? label(line.status) : line.progress).padEnd(20)} ${line.title}`),
    ])
  },
}

interface Shown {
  readonly assessment: Assessment
  readonly lines: readonly OutcomeLine[]
  label(status: string): string
}

async function shown(
  db: Parameters<typeof outcomeLines>[0],
  actor: Parameters<typeof ownAssessment>[1] & Parameters<typeof outcomeLines>[1],
  id: string,
): Promise<Shown> {
  const assessment = await ownAssessment(db, actor, id)
  const { levels } = await frameworkOf(db, assessment)
  return { assessment, lines: await outcomeLines(db, actor, assessment), label: status => statusLabel(levels, status) }
}

const openCommand: Command = {
  name: 'assessments open',
  summary: 'Open a review of the organisation that you act for',
  arguments: [required('framework', 'its code and version, such as caf@3.2')],
  options: [
    { flags: '--period <year>', meaning: 'such as 2026-27 (otherwise the present one)' },
    { flags: '--profile <name>', meaning: 'what is asked, by its name' },
    { flags: '--subject <name>', meaning: 'a system or service (otherwise the whole organisation)' },
    { flags: '--carry-from <id>', meaning: 'an earlier review whose answers come along, each to be confirmed' },
  ],
  permission: 'assure.assessment.open',
  async run({ platform, actor, output }, [key = ''], options) {
    const text = (name: string) => (typeof options[name] === 'string' ? options[name] : '')
    const [code = '', version = ''] = key.split('@')
    const period = text('period') || periodOf(londonDate(platform.clock.now()))
    const opened = await runWork<Visible, Assessment>(platform, actor, async work => {
      const framework = await frameworkByKey(work.db, code, version)
      if (framework === undefined)
        throw new Invalid('assure.framework.unknown', `There is no framework ${key}. "carecert frameworks list" names them.`)
      const profiles =
        actor.organisationId === null || text('profile') === '' ? [] : await profilesFor(work.db, actor.organisationId, framework.id, period)
      const profile = profiles.find(({ name }) => name.toLowerCase() === text('profile').toLowerCase())
      if (text('profile') !== '' && profile === undefined)
        throw new Invalid('assure.profile.unknown', `There is no such profile. There is: ${profiles.map(({ name }) => name).join(', ') || 'none'}.`)
      return openAssessment(work, {
        frameworkId: framework.id,
        profileId: profile?.id ?? null,
        period,
        subject: text('subject'),
        carryFrom: text('carryFrom') || null,
      })
    })
    output.result(opened, [`${opened.id}  ${titleOf(opened)}, ${opened.subject}`])
  },
}

const answerCommand: Command = {
  name: 'assessments answer',
  summary: 'Take in answers: a table that was downloaded (.xlsx, CSV), or the JSON of a WebCAF assessment',
  arguments: [required('id', 'as "assessments list" gives it'), required('file', 'the answers')],
  options: [],
  permission: 'assure.assessment.answer',
  async run({ platform, actor, output }, [id = '', path = '']) {
    const read = await readAnswersFile(await readFileLimited(path))
    const taken = await runWork<Visible, Taken>(platform, actor, work => takeAnswers(work, id, read))
    const problems = [...read.problems, ...taken.problems]
    const differing = await readAs<Visible, readonly string[]>(platform, actor, async db => {
      const assessment = await ownAssessment(db, actor, id)
      return differingStatuses(await outcomeLines(db, actor, assessment), (await frameworkOf(db, assessment)).levels, read.statuses)
    })
    for (const problem of problems.slice(0, PROBLEMS_SHOWN)) output.say(`  ${problem.message}`)
    if (problems.length > PROBLEMS_SHOWN) output.say(`  and ${problems.length - PROBLEMS_SHOWN} more.`)
    for (const words of differing) output.say(`  ${words}`)
    const { saved, unchanged, aside } = taken
    output.result({ saved, unchanged, aside, problems, differing }, [
      `${saved} saved, ${unchanged} unchanged, ${aside} kept beside a newer one, ${problems.length} not taken`,
    ])
  },
}

export const assessmentCommands: readonly Command[] = [listCommand, showCommand, openCommand, answerCommand]
