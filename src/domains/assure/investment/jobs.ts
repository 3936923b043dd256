import { handles } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { InvestmentProblem } from '../../../solvers/investment/model.ts'
import type { Visible } from '../tables.ts'
import type { CaseAnswer } from './answer.ts'
import { keepStudy, STUDY_ANSWER } from './answers.ts'
import { answerToStudy } from './queries.ts'
import type { Study } from './study.ts'
import { studyOf } from './studying.ts'

export const studyAnswerJob = handles<Platform, { answerId: string }>(STUDY_ANSWER, {
  purpose: 'Works out how sure an answer of an investment case is, and what each amount of money would do',
  retries: 1,
  retryAfterSeconds: 60,
  expireAfterSeconds: 1_800,
  isUrgent: true,
  async handle(platform, { answerId }) {
    const row = await readAs<Visible, Awaited<ReturnType<typeof answerToStudy>>>(platform, SYSTEM, db => answerToStudy(db, answerId))
    // Only `keepAnswer` and `keepStudy` write these columns, in these shapes.
    const [answer, known] = [row?.answer as CaseAnswer | undefined, row?.study as Study | null | undefined]
    if (row === null || answer?.kind !== 'solved' || known?.isDone === true) return
    const studied = { problem: row.problem as InvestmentProblem, answer, years: row.years, hash: row.inputsHash }
    for await (const study of studyOf(platform, studied)) await runWork<Visible, void>(platform, SYSTEM, work => keepStudy(work, { answerId, study }))
  },
})
