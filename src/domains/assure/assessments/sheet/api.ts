import { z } from 'zod'
import { cleanText } from '../../../../kernel/text.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { ANSWERS } from '../model.ts'
import { takeAnswers } from './commands.ts'

const take = operation({
  id: 'takeAnswers',
  summary: 'Answer statements of many outcomes at once',
  description: 'What is left empty stays as it is. `problems` says which rows could not be taken; the others are.',
  page: 'POST /assessments/:id/sheet',
  method: 'POST',
  path: '/api/v1/assessments/:id/answers',
  access: { permission: 'assure.assessment.answer' },
  params: z.object({ id: z.string().max(60) }),
  body: z.object({
    answers: z
      .array(
        z.object({
          code: z.string().max(100),
          answer: z.enum(ANSWERS).nullable().default(null),
          comment: z.string().max(20_000).default('').transform(cleanText),
          alternative: z.string().max(20_000).default('').transform(cleanText),
          revision: z.int().min(0).nullable().default(null).describe('Without it what stands is replaced, and stays in the history'),
        }),
      )
      .min(1)
      .max(5_000),
  }),
  answer: z.object({ saved: z.int(), unchanged: z.int(), aside: z.int(), problems: z.array(z.object({ pointer: z.string(), message: z.string() })) }),
  async write(work: Work<Visible>, { params, body }) {
    const taken = await takeAnswers(work, params.id, { rows: body.answers.map((row, at) => ({ ...row, line: at + 1 })) })
    return {
      ...taken,
      problems: taken.problems.map(({ pointer, message }) => ({
        pointer: pointer.replace(/^line (\d+)$/, (_, line: string) => `/answers/${Number(line) - 1}`),
        message,
      })),
    }
  },
})

export const sheetOperations: readonly Route[] = [take]
