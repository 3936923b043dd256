import { z } from 'zod'
import type { Failure } from './failure.ts'

/** Problem details (RFC 9457), as every error of a machine's request is answered. `type` names the rule and is stable; `detail` is a sentence that says what to do. */
export const ProblemDetails = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  instance: z.string(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
})

/** The problem details of a failure. `errors` says which parts of the body are wrong, each with a JSON Pointer in a fragment (RFC 6901 §6), as in §3 of the RFC. */
export function problemDetails({ code, title, status, message, problems }: Failure, requestId: string): z.infer<typeof ProblemDetails> {
  return {
    type: `urn:carecert:${code}`,
    title,
    status,
    detail: message,
    instance: `urn:uuid:${requestId}`,
    ...(problems.length > 0 ? { errors: problems.map(problem => ({ pointer: fragmentOf(problem.pointer), detail: problem.message })) } : {}),
  }
}

function fragmentOf(pointer: string): string {
  return pointer === '' || pointer.startsWith('/') ? `#${pointer}` : `#/${pointer}`
}
