import { LEVELS, type Finding, type Level, type Verdict } from '../../codecs/csaf-validation/model.ts'
import { adviceOf, titleOf } from '../../codecs/csaf-validation/words.ts'
import type { Tag } from '../../ui/labels.ts'
import type { Field, TableModel } from '../../ui/models.ts'
import { LEVEL_WORDS, ruleWords, SEVERITY_WORDS, verdictSentence } from './model.ts'

const COLOURS: Readonly<Record<Finding['severity'], Tag['colour']>> = { error: 'red', warning: 'orange', hint: 'grey' }

/** The page: the form with what was pasted, and above it the verdict on that. */
export function validatorModel(text: string, level: Level, verdict: Verdict | null, error: string | undefined) {
  const fields: readonly Field[] = [
    {
      name: 'document',
      kind: 'textarea',
      label: 'The document',
      hint: 'Paste the JSON of an advisory in CSAF 2.0 or 2.1, up to about 500 kB. Larger ones and many at once: carecert csaf validate',
      rows: 12,
      value: text,
      error,
    },
    {
      name: 'level',
      kind: 'select',
      label: 'How much is asked for',
      value: level,
      options: LEVELS.map(value => ({ value, text: LEVEL_WORDS[value] })),
    },
  ]
  return {
    form: { action: '/csaf-validator', fields, submit: 'Check it', autosave: false },
    verdict:
      verdict === null
        ? null
        : {
            isValid: verdict.isValid,
            sentence: verdictSentence(verdict),
            table: findingsTable(verdict),
            total: verdict.findings.length,
            more: verdict.more,
            notChecked: verdict.notChecked,
          },
  }
}

function findingsTable({ findings }: Verdict): TableModel {
  return {
    caption: 'What was found',
    head: [{ text: 'Rule' }, { text: 'Where' }, { text: 'What is wrong' }, { text: 'What to do' }],
    rows: findings.map(({ rule, pointer, severity, message }) => [
      { text: ruleWords(rule), tags: [{ text: SEVERITY_WORDS[severity], colour: COLOURS[severity] }] },
      pointer === '' ? 'The whole document' : pointer,
      { text: titleOf(rule), hint: message },
      adviceOf(rule),
    ]),
  }
}
