import { mailsContent, severityLabel } from '../bulletins/model.ts'
import { isResponseState, RESPONSE_STATES } from '../responses/model.ts'
import { EVENT_WORDS, TEST_TYPE, type Facts, type Telling } from './model.ts'

/**
 * The message that a Teams workflow posts: one Adaptive Card. Above TLP:GREEN it shows the number and the link alone; an exercise says
 * so first and last. Texts of others are shown as they are, without Teams's Markdown.
 */
export function teamsMessage({ type, facts }: Telling, url: string): object {
  const { number = 'Webhook test', title, severity, summary, update, reason, isExercise, tlp } = facts
  const isTold = mailsContent(tlp)
  const lines = isTold
    ? [severity === undefined ? undefined : `Severity: ${severityLabel(severity)}. TLP:${tlp}.`, update ?? reason ?? answerWords(facts) ?? summary]
    : []
  const exercise = isExercise ? [text('EXERCISE. This is not happening.', { weight: 'Bolder', color: 'Attention' })] : []
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            ...exercise,
            text(type === TEST_TYPE ? 'A test. Nothing has happened.' : EVENT_WORDS[type], { isSubtle: true }),
            text(isTold && title !== undefined ? `${number}: ${title}` : number, { weight: 'Bolder', size: 'Medium' }),
            ...lines.flatMap(line => (line === undefined || line === '' ? [] : [text(line)])),
            ...exercise,
          ],
          actions: [{ type: 'Action.OpenUrl', title: isTold ? 'Read and answer' : 'Sign in to read it', url }],
        },
      },
    ],
  }
}

/** Whose answer it is, and what it says: a partner's channel hears those of many. */
function answerWords({ organisation, state }: Facts): string | undefined {
  if (state === undefined) return undefined
  return [organisation, isResponseState(state) ? RESPONSE_STATES[state].label : state].filter(part => part !== undefined).join(': ')
}

function text(words: string, look: object = {}): object {
  return { type: 'TextBlock', text: words.replace(/[\\`*_[\]()#]/g, '\\$&'), wrap: true, ...look }
}
