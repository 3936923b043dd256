import { SCHEMA_RULE, severityOf, type Finding, type Level, type Verdict } from '../../codecs/csaf-validation/model.ts'
import { adviceOf, titleOf } from '../../codecs/csaf-validation/words.ts'

/** No advisory that people wrote is larger. */
export const LARGEST_DOCUMENT_BYTES = 50 * 1_048_576

export const LEVEL_WORDS: Readonly<Record<Level, string>> = {
  mandatory: 'What the standard demands',
  optional: 'What it demands and recommends',
  informative: 'All, with hints on how to do better',
}

export const SEVERITY_WORDS: Readonly<Record<Finding['severity'], string>> = { error: 'Error', warning: 'Warning', hint: 'Hint' }

/** A text from bytes. `undefined` where they are no UTF-8. */
export function textFrom(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

export const NOT_UTF8 = unreadable('csaf.not-utf-8', 'This is not UTF-8 text. Save it as UTF-8 and try again.')

/** The verdict on what no rule could be tried on. */
export function unreadable(rule: string, message: string): Verdict {
  return { version: null, isValid: false, findings: [{ rule, pointer: '', severity: 'error', message }], more: 0, notChecked: [] }
}

/** A verdict as data: each finding with what its rule asks for and what to do. */
export function verdictJson(verdict: Verdict) {
  return {
    ...verdict,
    findings: verdict.findings.map(finding => ({ ...finding, title: titleOf(finding.rule), advice: adviceOf(finding.rule) })),
    notChecked: verdict.notChecked.map(({ rule, why }) => ({ rule, severity: severityOf(rule), why })),
  }
}

/** Whether it is valid, and what was found, in a sentence. */
export function verdictSentence({ version, isValid, findings, more }: Verdict): string {
  const count = (severity: Finding['severity'], one: string) => {
    const number = findings.filter(finding => finding.severity === severity).length
    return number === 0 ? [] : [`${number.toLocaleString('en-GB')} ${one}${number === 1 ? '' : 's'}`]
  }
  const found = [...count('error', 'error'), ...count('warning', 'warning'), ...count('hint', 'hint')]
  const said = version === null ? 'Not a valid CSAF document' : `${isValid ? 'Valid' : 'Not valid'} CSAF ${version}`
  const rest = more > 0 ? `, and ${more.toLocaleString('en-GB')} more` : ''
  return `${said}: ${found.length === 0 ? 'nothing was found' : found.join(', ')}${rest}.`
}

/** The rule as people name it. */
export function ruleWords(rule: string): string {
  if (rule === SCHEMA_RULE) return 'Schema'
  return /^\d/.test(rule) ? rule : 'Reading'
}
