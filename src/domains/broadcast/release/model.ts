import { z } from 'zod'
import type { Problem } from '../../../kernel/problem.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import { mailsContent } from '../bulletins/model.ts'

/** What the releaser saw and agrees to: the version, and the audience by its hash. */
export const ReleaseAgreement = z.strictObject({
  version: z.coerce.number().int().positive(),
  audienceHash: z.string().regex(/^[0-9a-f]{64}$/),
})

/** One worker's share: with more contacts, more workers start at once, up to four. */
const CONTACTS_A_WORKER = 200
const MOST_WORKERS = 4

/** How many workers begin on a release. Each claims batches by itself, so more would only share the same mail server. */
export function workersFor(contacts: number): number {
  return Math.min(MOST_WORKERS, Math.ceil(contacts / CONTACTS_A_WORKER))
}

/** What a TLP label does to the mail, in a sentence. */
export function tlpEffect(tlp: Tlp): string {
  return mailsContent(tlp)
    ? `TLP:${tlp}: the mail carries the bulletin's text.`
    : `TLP:${tlp}: the mail carries only a notice and a link. The text is read after signing in, and is not in the mail.`
}

/** What the check page knows when it judges. */
export interface ReleaseCheck {
  readonly organisations: number
  readonly contacts: number
  readonly unreachable: number
  readonly audienceProblems: readonly string[]
  readonly isMailReady: boolean
  readonly contentFindings: readonly Problem[]
}

/** What stands in the way of a release (errors), and what the releaser should know (warnings). */
export function judgeRelease(check: ReleaseCheck): readonly Problem[] {
  const problem = (rule: string, severity: Problem['severity'], message: string): Problem => ({
    rule: `broadcast.release.${rule}`,
    pointer: '',
    severity,
    message,
  })
  const found = check.audienceProblems.map(message => problem('audience', 'error', message))
  if (check.organisations === 0 && found.length === 0)
    found.push(problem('nobody', 'error', 'No open organisation fits the rule, so nobody would get this. Change who should get it.'))
  found.push(...check.contentFindings.filter(finding => finding.severity === 'error'))
  if (check.unreachable > 0)
    found.push(
      problem(
        'unreachable',
        'warning',
        `${check.unreachable === 1 ? '1 organisation cannot' : `${check.unreachable.toLocaleString('en-GB')} organisations cannot`} be mailed. They see it only when they sign in: ring them.`,
      ),
    )
  if (!check.isMailReady) found.push(problem('mail', 'warning', 'No mail server is set up. The messages wait until there is one (SMTP_URL).'))
  return found
}
