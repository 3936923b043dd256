import { handles } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { keepStudy, STUDY_ANSWER } from './answers.ts'
import { answerToStudy, type KeptAnswer } from './queries.ts'
import { studyOf } from './studying.ts'

export const studyAnswerJob = handles<Platform, { answerId: string }>(STUDY_ANSWER, {
  purpose: 'Works out how sure an answer of an investment case is, and what each amount of money would do',
  retries: 1,
  retryAfterSeconds: 60,
  expireAfterSeconds: 600,
  isUrgent: true,
  async handle(platform, { answerId }) {
    const row = await readAs<Visible, KeptAnswer | null>(platform, SYSTEM, db => answerToStudy(db, answerId))
    if (row === null || row.study !== null) return
    const study = await studyOf(platform, row)
    await runWork<Visible, void>(platform, SYSTEM, work => keepStudy(work, { answerId, study }))
  },
})
