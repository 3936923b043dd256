import { cleanText } from '../../../../kernel/text.ts'
import { ANSWERS, type Answer } from '../model.ts'
import type { SentAnswer } from './model.ts'

type Body = Readonly<Record<string, string | readonly string[] | undefined>>

const REVISION = 'revision-'
/** The name under which the revision of the summary stands among those of the statements. */
const SUMMARY = 'summary'

/** What stands in a field of the form, as one text. */
export function textIn(body: Body, name: string): string {
  const value = body[name]
  return typeof value === 'string' ? value : ''
}

function isAnswer(text: string): text is Answer {
  return ANSWERS.some(known => known === text)
}

/** The answers in the form of an outcome: of each statement that it holds, with the revision that its writer saw. */
export function readAnswers(body: Body): readonly SentAnswer[] {
  return Object.keys(body)
    .filter(name => name.startsWith(REVISION) && name !== `${REVISION}${SUMMARY}`)
    .map(name => {
      const code = name.slice(REVISION.length)
      const answer = textIn(body, `answer-${code}`)
      return {
        code,
        answer: isAnswer(answer) ? answer : null,
        comment: cleanText(textIn(body, `comment-${code}`)),
        alternative: cleanText(textIn(body, `alternative-${code}`)),
        revision: readRevision(textIn(body, name)),
      }
    })
}

export function readSummary(body: Body): { readonly text: string; readonly revision: number } | undefined {
  if (body[SUMMARY] === undefined) return undefined
  return { text: cleanText(textIn(body, SUMMARY)), revision: readRevision(textIn(body, `${REVISION}${SUMMARY}`)) }
}

/** What cannot be read is older than everything. */
function readRevision(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : 0
}
