import { z } from 'zod'
import { LEVELS, type Level, type Verdict } from '../../codecs/csaf-validation/model.ts'
import { readForm } from '../../platform/forms/form.ts'
import { page, type Reply } from '../../platform/http/reply.ts'
import { route, type Route } from '../../platform/http/route.ts'
import { NOT_UTF8, textFrom } from './model.ts'
import { createValidator } from './pool.ts'
import { validatorModel } from './views.ts'

export const VALIDATOR_PAGE = '/csaf-validator'
const VIEW = 'csaf-validation/views/validator.njk'
const access = { permission: 'interop.csaf.validate' } as const

/** One thread is enough for a page: documents wait for each other, and everything else does not wait for them. */
export const pageValidator = createValidator(1)

const LARGEST_FILE = 2_000_000
const NOTHING = 'Choose a file or paste a document'

const formOf = z.object({
  document: z.string(NOTHING).refine(text => text.trim() !== '', NOTHING),
  level: z.enum(LEVELS, 'Choose how much is asked for').default('informative'),
})

const show = route({
  method: 'GET',
  path: VALIDATOR_PAGE,
  access,
  handle: async () => validatorPage('', 'informative', null, undefined),
})

const judge = route({
  method: 'POST',
  path: VALIDATOR_PAGE,
  access,
  perMinute: 30,
  largestFile: LARGEST_FILE,
  async handle({ body, files }) {
    const chosen = files.get('file')
    const text = chosen === undefined ? null : textFrom(chosen.bytes)
    if (text === undefined) return validatorPage('', 'informative', NOT_UTF8, undefined)
    const form = readForm(formOf, text === null ? body : { ...body, document: text })
    if (!form.ok) return validatorPage('', 'informative', null, form.problems[0]?.message)
    const { document, level } = form.value
    return validatorPage(document, level, await pageValidator.validate(document, level), undefined)
  },
})

export const validatorRoutes: readonly Route[] = [show, judge]

function validatorPage(text: string, level: Level, verdict: Verdict | null, error: string | undefined): Reply {
  const problems = error === undefined ? [] : [{ rule: 'form.field', pointer: 'document', severity: 'error' as const, message: error }]
  return page(
    VIEW,
    verdict === null ? 'Check a CSAF document' : verdict.isValid ? 'Valid' : 'Not valid',
    validatorModel(text, level, verdict, error),
    {
      problems,
    },
  )
}
