import { z } from 'zod'
import { LEVELS } from '../../codecs/csaf-validation/model.ts'
import { operation } from '../../platform/http/operation.ts'
import type { Route } from '../../platform/http/route.ts'
import { verdictJson } from './model.ts'
import { pageValidator, VALIDATOR_PAGE } from './routes.ts'

const severity = z.enum(['error', 'warning', 'hint'])

const validate = operation({
  id: 'validateCsaf',
  summary: 'Judge a CSAF document by the rules of its version',
  description: 'The document is read and forgotten: nothing of it is kept, and no address in it is asked.',
  page: `POST ${VALIDATOR_PAGE}`,
  method: 'POST',
  path: '/api/v1/csaf/validate',
  access: { permission: 'interop.csaf.validate' },
  perMinute: 30,
  body: z.object({
    /** As an object, or as the text of one: what a text says twice an object does not show. */
    document: z.union([z.string(), z.record(z.string(), z.unknown())]),
    level: z.enum(LEVELS).default('informative'),
  }),
  answer: z.object({
    version: z.enum(['2.0', '2.1']).nullable(),
    isValid: z.boolean(),
    findings: z.array(z.object({ rule: z.string(), pointer: z.string(), severity, message: z.string(), title: z.string(), advice: z.string() })),
    more: z.int(),
    notChecked: z.array(z.object({ rule: z.string(), severity, why: z.string() })),
  }),
  async handle({ body: { document, level } }) {
    return verdictJson(await pageValidator.validate(typeof document === 'string' ? document : JSON.stringify(document), level))
  },
})

export const validatorOperations: readonly Route[] = [validate]
