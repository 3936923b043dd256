import type { Problem } from '../../../../kernel/problem.ts'
import { textOf } from '../../../../kernel/text.ts'
import { severityTag } from '../../../../ui/labels.ts'
import type { AudienceSummary } from '../../audience/queries.ts'
import type { Typed } from '../fields.ts'
import { holdingFields, type HoldingChoices, type HoldingForm } from './form.ts'
import { holdingContent } from './model.ts'

/** Whom the typed rule reaches. */
export interface Counted {
  readonly sentence: string
  readonly audience: AudienceSummary
}

/** What the typed fields make: the statement as it will be read, whom it reaches, and the button that releases it. */
export function previewOf(typed: Typed, form: HoldingForm, counted: Counted | null, { isAsked }: { readonly isAsked: boolean }) {
  if (!form.ok || counted === null) {
    return {
      statement: null,
      missing: isAsked && !form.ok ? form.problems.map(({ message, pointer }) => ({ text: message, href: `#${pointer}` })) : [],
      audience: null,
      press: null,
    }
  }
  const content = holdingContent(form.template, form.words)
  const { audience, sentence } = counted
  const { organisations, contacts, unreachable, problems } = audience
  const isReady = problems.length === 0 && organisations > 0
  const isExercise = typed['isExercise'] === 'yes'
  return {
    statement: {
      title: content.title,
      tlp: content.tlp,
      severity: severityTag(content.severity),
      what: content.summary,
      toDo: content.remediationIntro,
      isExercise,
    },
    missing: [],
    audience: {
      sentence,
      organisations,
      contacts,
      unreachable,
      problems: problems.length > 0 ? problems : organisations === 0 ? ['No open organisation fits this, so nobody would get it.'] : [],
    },
    press: isReady
      ? {
          hash: audience.hash,
          label: `Release to ${organisations.toLocaleString('en-GB')} ${organisations === 1 ? 'organisation' : 'organisations'}`,
        }
      : null,
  }
}

export function holdingView(typed: Typed, choices: HoldingChoices, problems: readonly Problem[], preview: ReturnType<typeof previewOf>) {
  const threat = textOf(typed, 'threat')
  return {
    back: threat === '' ? { href: '/bulletins', text: 'Bulletins' } : { href: `/threats/${threat}`, text: 'The threat' },
    hasTemplates: choices.templates.length > 0,
    fieldList: holdingFields(typed, choices, problems),
    values: { threat, request: textOf(typed, 'request') },
    isExercise: typed['isExercise'] === 'yes',
    preview,
  }
}
