import type { ResponseState } from './model.ts'

/**
 * The path of an answer, as the sector's own service leads through it (domain facts §1.4): seen → is it ours? → what we do, by when → done,
 * or not acting and why. The questions, their buttons and their order follow from this table. Nobody must walk it step by step: every
 * answer can be given at once, and changed to any other.
 */
export const ANSWER_PATH = [
  { step: 'seen', question: 'Have you seen it?', states: ['acknowledged'] },
  { step: 'ours', question: 'Does it concern you?', states: ['not-applicable', 'assessing'] },
  { step: 'acting', question: 'If it does, what will you do?', states: ['in-progress', 'done', 'not-acting'] },
] as const satisfies readonly { step: string; question: string; states: readonly ResponseState[] }[]

export type AnswerStep = (typeof ANSWER_PATH)[number]['step']

/** The question that stands open after an answer; `null` when none does, and the answer can only be changed. */
const OPEN_AFTER: Readonly<Record<ResponseState, AnswerStep | null>> = {
  acknowledged: 'ours',
  assessing: 'ours',
  'in-progress': 'acting',
  'not-applicable': null,
  done: null,
  'not-acting': null,
}

export interface AskedQuestion {
  readonly step: AnswerStep
  readonly question: string
  readonly states: readonly ResponseState[]
}

/** The questions to ask one that stands there: those open `next`, in order, and those `before`, by which it goes back or changes its mind. */
export function questionsFrom(current: ResponseState | null): { readonly next: readonly AskedQuestion[]; readonly before: readonly AskedQuestion[] } {
  const open = current === null ? 'seen' : OPEN_AFTER[current]
  const at = open === null ? ANSWER_PATH.length : ANSWER_PATH.findIndex(({ step }) => step === open)
  return { next: ANSWER_PATH.slice(at), before: ANSWER_PATH.slice(0, at) }
}
