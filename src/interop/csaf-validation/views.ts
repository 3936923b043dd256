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
      name: 'file',
      kind: 'file',
      label: 'A file',
      hint: 'An advisory in CSAF 2.0 or 2.1, of 2 MB at most',
      accept: '.json,application/json',
      optional: true,
    },
    {
      name: 'document',
      kind: 'textarea',
      label: 'Or paste the document',
      hint: 'Many at once: carecert csaf validate.',
      rows: 12,
      value: text,
      error,
    },
    {
      name: 'level',
      kind: 'select',
      label: 'Which rules',
      value: level,
      options: LEVELS.map(value => ({ value, text: LEVEL_WORDS[value] })),
    },
  ]
  return {
    form: { action: '/csaf-validator', fields, submit: 'Check it', autosave: false, files: true },
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
    head: [{ text: 'The rule' }, { text: 'Where' }, { text: 'What was found' }, { text: 'What to do' }],
    rows: findings.map(({ rule, pointer, severity, message }) => [
      { text: ruleWords(rule), tags: [{ text: SEVERITY_WORDS[severity], colour: COLOURS[severity] }], hint: titleOf(rule) },
      pointer === '' ? 'The whole document' : pointer,
      message,
      adviceOf(rule),
    ]),
  }
}
