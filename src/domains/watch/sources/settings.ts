import { normaliseFingerprint } from '../../../codecs/csaf-provider/metadata.ts'
import { parseLocalDate } from '../../../kernel/instant.ts'
import { INTELLIGENCE_FORMATS } from '../../../kernel/intelligence.ts'
import type { Json } from '../../../kernel/json.ts'
import { fail, succeed, type Problem, type Result } from '../../../kernel/problem.ts'
import { cleanLine, shorten } from '../../../kernel/text.ts'
import { TLP } from '../../../kernel/tlp.ts'
import { FOLDER, SOURCE_FORMATS, type SourceFormat } from './model.ts'

/**
 * What a person may choose for a source, beside its name and address. The form, the command line, the page of a source and what is kept in
 * `watch_source.settings` are derived from this table; the loader of each format says what it makes of its members.
 */
export interface SourceSetting {
  /** Its member in the settings. */
  readonly name: string
  readonly formats: readonly SourceFormat[]
  readonly label: string
  readonly hint: string
  readonly kind: 'lines' | 'choice' | 'yes' | 'text'
  /** Of a choice: the values and what they are called. The first is what holds when nothing is chosen. */
  readonly options: readonly { readonly value: string; readonly text: string }[]
  /** On the command line, as commander reads it. One that takes several may be repeated. */
  readonly flags: string
  /** Makes a value of what was typed, one text a line; `undefined` for nothing chosen. */
  read(typed: readonly string[]): { readonly value: Json | undefined } | { readonly fault: string }
}

const MOST_LINES = 50

export const SOURCE_SETTINGS: readonly SourceSetting[] = [
  {
    name: 'since',
    formats: ['nvd', 'stix', 'misp'],
    label: 'Since',
    hint: 'A day such as 2024-01-31: what is older is left out. Of the NVD, the last 120 days when nothing is chosen.',
    kind: 'text',
    options: [],
    flags: '--since <day>',
    read: ([day = '']) => (day === '' ? none : parseLocalDate(day) === undefined ? { fault: 'Enter a day such as 2024-01-31' } : { value: day }),
  },
  {
    name: 'all',
    formats: ['nvd'],
    label: 'Load every vulnerability there is',
    hint: 'Several hundred thousand, which takes hours the first time.',
    kind: 'yes',
    options: [],
    flags: '--all',
    read: readYes,
  },
  {
    name: 'collections',
    formats: ['stix'],
    label: 'Collections',
    hint: 'The ids, aliases or titles of TAXII collections, one on each line. Leave empty for all that may be read.',
    kind: 'lines',
    options: [],
    flags: '--collection <name>',
    read: readLines,
  },
  {
    name: 'integrity',
    formats: ['csaf'],
    label: 'Advisories without a signature that holds',
    hint: 'Of a provider that promised to sign. One with a wrong signature is refused either way.',
    kind: 'choice',
    options: [
      { value: 'strict', text: 'Refuse them' },
      { value: 'lenient', text: 'Take them in, with a remark' },
    ],
    flags: '--integrity <how>',
    read: typed => readChoice(typed, ['strict', 'lenient']),
  },
  {
    name: 'fingerprints',
    formats: ['csaf'],
    label: 'Keys that may sign',
    hint: 'The fingerprints of OpenPGP keys, one on each line. Leave empty for those that the provider publishes.',
    kind: 'lines',
    options: [],
    flags: '--fingerprint <key>',
    read(typed) {
      const keys = typed.map(normaliseFingerprint)
      const wrong = typed.find((_, index) => keys[index] === undefined)
      return wrong === undefined ? readLines(keys.flatMap(key => key ?? [])) : { fault: `"${shorten(wrong, 60)}" is not the fingerprint of a key` }
    },
  },
  {
    name: 'unpublished',
    formats: ['misp'],
    label: 'Take in events that nobody has published yet',
    hint: 'Of a MISP server. They may still change, or be meant for nobody else.',
    kind: 'yes',
    options: [],
    flags: '--unpublished',
    read: readYes,
  },
  {
    name: 'wholeEveryDays',
    formats: ['nhs-cyber-alerts', 'misp'],
    label: 'Look at everything again every so many days',
    hint: 'Finds what changed without coming to the front. Alerts every day and MISP servers every 30 days when nothing is chosen.',
    kind: 'text',
    options: [],
    flags: '--whole-every-days <number>',
    read: ([days = '']) =>
      days === '' ? none : /^[1-9]\d?$/.test(days) && Number(days) <= 90 ? { value: Number(days) } : { fault: 'Enter a number of days from 1 to 90' },
  },
  {
    name: 'hosts',
    formats: SOURCE_FORMATS,
    label: 'Further hosts',
    hint: 'Hosts that this source may ask besides its own, such as downloads.example.org, one on each line. Of a folder: where the links of messages may be followed to.',
    kind: 'lines',
    options: [],
    flags: '--host <host>',
    read: readHosts,
  },
  {
    name: 'tlp',
    formats: INTELLIGENCE_FORMATS,
    label: 'Label of what is not marked',
    hint: 'What the source marks itself keeps its own label.',
    kind: 'choice',
    options: [{ value: '', text: 'None' }, ...TLP.map(label => ({ value: label, text: `TLP:${label}` }))],
    flags: '--tlp <label>',
    read: typed => readChoice(typed, TLP),
  },
]

/** Those of a format, those of its own first. */
export function settingsOf(format: SourceFormat): readonly SourceSetting[] {
  return SOURCE_SETTINGS.filter(setting => setting.formats.includes(format))
}

/** Whether it is there for (nearly) every kind of source. */
export function isCommon({ formats }: SourceSetting): boolean {
  return formats.length >= INTELLIGENCE_FORMATS.length
}

/**
 * Reads what was typed for a format: a text, of which each line is one, or a list of texts. What nobody chose is left out. The `pointer` of a
 * problem is the name of the setting.
 */
export function readSettings(format: SourceFormat, typed: (setting: SourceSetting) => unknown): Result<Readonly<Record<string, Json>>> {
  const settings: Record<string, Json> = {}
  const problems: Problem[] = []
  for (const setting of settingsOf(format)) {
    const lines = linesIn(typed(setting))
    const read = lines.length > MOST_LINES ? { fault: `Enter ${MOST_LINES} or fewer` } : setting.read(lines)
    if ('fault' in read) problems.push({ rule: 'watch.source.setting', pointer: setting.name, severity: 'error', message: read.fault })
    else if (read.value !== undefined) settings[setting.name] = read.value
  }
  return problems.length === 0 ? succeed(settings) : fail(...problems)
}

/** The settings as a form shows them: one text each, the members of a list on lines of their own. */
export function typedOf(value: Json | undefined): string {
  if (Array.isArray(value)) return value.map(String).join('\n')
  if (value === true) return 'yes'
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** What was chosen, in words. */
export function settingWords({ kind, options }: SourceSetting, value: Json): string {
  if (kind === 'yes') return value === true ? 'Yes' : 'No'
  return options.find(option => option.value === value)?.text ?? typedOf(value).replaceAll('\n', ', ')
}

const none = { value: undefined }

function linesIn(typed: unknown): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(typed) ? typed : [typed === true ? 'yes' : typed]
  return texts
    .flatMap(text => (typeof text === 'string' ? text.split(/[\r\n]+/) : []))
    .map(cleanLine)
    .filter(line => line !== '')
}

function readLines(lines: readonly string[]): { readonly value: Json | undefined } {
  return lines.length === 0 ? none : { value: [...new Set(lines.map(line => shorten(line, 300)))] }
}

function readYes([typed]: readonly string[]) {
  return typed === 'yes' ? { value: true } : none
}

function readChoice([typed = '']: readonly string[], values: readonly string[]) {
  if (typed === '') return none
  return values.includes(typed) ? { value: typed } : { fault: `Choose one of ${values.join(', ')}` }
}

/** A whole address stands for its host. */
function readHosts(typed: readonly string[]) {
  const hosts = typed
    .flatMap(line => line.split(/[\s,]+/))
    .filter(host => host !== '')
    .map(host => (URL.parse(host)?.host || host).toLowerCase())
  const wrong = hosts.find(host => !/^(?:[a-z0-9_-]+\.)*[a-z0-9-]+(?::\d{1,5})?$/.test(host))
  return wrong === undefined ? readLines(hosts) : { fault: `"${shorten(wrong, 60)}" is not a host such as downloads.example.org` }
}

/** Whether that is the path of a folder, as a source of that kind has it for an address. */
export function isFolderPath(text: string): boolean {
  return /^\/(?!\/)[^\0]*$/.test(text)
}

/** How often the clock may ask a source, in minutes. */
export const EVERY_MINUTES = { least: 5, most: 7 * 24 * 60, usual: 60 }

export function rhythmWords(minutes: number): string {
  if (minutes % 1_440 === 0) return minutes === 1_440 ? 'Every day' : `Every ${minutes / 1_440} days`
  if (minutes % 60 === 0) return minutes === 60 ? 'Every hour' : `Every ${minutes / 60} hours`
  return `Every ${minutes} minutes`
}

/** The path of a folder, or an address. */
export function addressLabel(format: string): string {
  return format === FOLDER ? 'Folder' : 'Address'
}
