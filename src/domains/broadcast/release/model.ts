import { z } from 'zod'
import type { Problem } from '../../../kernel/problem.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import { carriesContent } from '../clearance.ts'

/** What the releaser saw and agrees to: the version, and the audience by its hash. */
export const ReleaseAgreement = z.strictObject({
  version: z.coerce.number().int().positive(),
  audienceHash: z.string().regex(/^[0-9a-f]{64}$/),
})

/** One way to the readers: whether it is ready, and what a TLP label lets it carry. */
export interface Channel {
  readonly name: string
  readonly readiness: string
  readonly carries: string
}

/** Every way by which a bulletin reaches its readers. */
export function channelsOf(tlp: Tlp, ready: { readonly mail: boolean; readonly texts: boolean }): readonly Channel[] {
  const isOpen = carriesContent('mail', tlp)
  const isMailReady = ready.mail
  return [
    {
      name: 'Mail to each contact',
      readiness: isMailReady ? 'Ready' : 'No mail server is set up',
      carries: isOpen ? "The bulletin's text and a link to answer" : 'Only a notice and a link. Neither the title nor the text is in the mail',
    },
    {
      name: 'Answer link in the mail',
      readiness: isMailReady ? 'Ready' : 'Goes with the mail',
      carries: isOpen ? 'The title, what has happened and what to do' : 'The number and the time to answer by, and no more',
    },
    {
      name: 'Text message, where mail fails',
      readiness: ready.texts ? 'Ready' : 'Not set up',
      carries: carriesContent('text', tlp) ? 'The title, what to do and a link, in three parts at most' : 'The number and a link, and no more',
    },
    {
      name: 'Webhooks, and Microsoft Teams',
      readiness: 'Ready, where an organisation has set one up',
      carries: tlp === 'CLEAR' ? 'What it is about, and where to read it' : 'The number and a link, and no more',
    },
    { name: 'Pages after signing in', readiness: 'Ready', carries: 'All of it, for the organisations that get it and for nobody else' },
  ]
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
