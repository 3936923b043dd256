import { z } from 'zod'
import { pointerTo } from '../../../kernel/json.ts'
import { fail, succeed, type Problem, type Result } from '../../../kernel/problem.ts'
import { cleanLine } from '../../../kernel/text.ts'
import { parseWebAddress } from '../../../kernel/web-address.ts'
import { FOLDER, formatName, SOURCE_CODE, SOURCE_FORMATS, type NewSource, type SourceChanges, type SourceFormat } from './model.ts'
import {
  addressLabel,
  EVERY_MINUTES,
  isCommon,
  isFolderPath,
  readSettings,
  settingsOf,
  SOURCE_SETTINGS,
  typedOf,
  type SourceSetting,
} from './settings.ts'

const line = (missing: string) => z.string(missing).transform(cleanLine).pipe(z.string().min(1, missing).max(200, 'Use 200 characters or fewer'))
const { least, most, usual } = EVERY_MINUTES
const RHYTHM = `Enter a number of minutes from ${least} to ${most}`

/** What every kind of source is asked. The settings of its format stand beside, each under its own name (`fieldOf`). */
const common = {
  name: line('Enter what people call the source'),
  everyMinutes: z
    .string()
    .default('')
    .transform(text => (text.trim() === '' ? String(usual) : text.trim()))
    .pipe(
      z
        .string()
        .regex(/^\d{1,5}$/, RHYTHM)
        .transform(Number),
    )
    .refine(minutes => minutes >= least && minutes <= most, RHYTHM),
}

const added = z.object({
  ...common,
  code: line('Enter a code').pipe(z.string().regex(SOURCE_CODE, 'Use small letters, digits, dots and hyphens, such as cisa-kev')),
  format: z.enum(SOURCE_FORMATS, 'Choose a format'),
  opensThreats: z.enum(['usual', 'yes', 'no'], 'Choose what it does').default('usual'),
})
const changed = z.object({ ...common, opensThreats: z.enum(['yes', 'no'], 'Choose what it does') })

const place = {
  /** An address, or the whole path of a folder; `null` for one that is fed by hand. */
  url: z.string().max(2_000).nullable().default(null),
  everyMinutes: z.int(RHYTHM).min(least, RHYTHM).max(most, RHYTHM).default(usual),
  /** What is chosen for its format, as a source is shown with it. */
  settings: z.record(z.string(), z.json()).default({}),
}

/** A source as a machine adds it. */
export const newSourceBody = z.object({
  name: common.name,
  code: added.shape.code,
  format: added.shape.format,
  ...place,
  opensThreats: z.boolean().nullable().default(null),
})

/** What a machine changes of a source: all of it. */
export const sourceChangesBody = z.object({ name: common.name, ...place, opensThreats: z.boolean() })

/** Reads what a machine sent, by the rules of the form. The `pointer` of a problem is a JSON Pointer. */
export function readSourceBody({ opensThreats, ...body }: z.infer<typeof newSourceBody>): Result<NewSource> {
  const typed = { ...typedOfSource({ ...body, opensThreats: true }, body.format), code: body.code, format: body.format }
  return pointing(readSource({ ...typed, opensThreats: opensThreats === null ? 'usual' : opensThreats ? 'yes' : 'no' }), body.format, body.settings)
}

/** As `readSourceBody`, for changes of a source of that format. */
export function readChangesBody(body: z.infer<typeof sourceChangesBody>, format: SourceFormat): Result<SourceChanges> {
  return pointing(readChanges(typedOfSource(body, format), format), format, body.settings)
}

/** A setting by its place in the body, and a fault for each that no source of that format has. */
function pointing<T>(read: Result<T>, format: SourceFormat, settings: Readonly<Record<string, unknown>>): Result<T> {
  const known = settingsOf(format)
  const unknown = Object.keys(settings)
    .filter(name => !known.some(setting => setting.name === name))
    .map((name): Problem => ({
      rule: 'watch.source.setting',
      pointer: pointerTo('settings', name),
      severity: 'error',
      message: `A source of this format has no setting ${name}`,
    }))
  const problems = read.problems.map(problem => {
    const setting = known.find(one => fieldOf(one, format) === problem.pointer)
    return setting === undefined ? problem : { ...problem, pointer: pointerTo('settings', setting.name) }
  })
  return read.ok && unknown.length === 0 ? read : fail(...problems, ...unknown)
}

type Typed = Readonly<Record<string, unknown>>

/** Reads what a person typed to add a source. The `pointer` of a problem is the name of its field. */
export function readSource(typed: Typed): Result<NewSource> {
  const read = added.safeParse(typed)
  const format = SOURCE_FORMATS.find(known => known === typed['format'])
  const rest = format === undefined ? succeed({ url: null, settings: {} }) : readPlace(typed, format)
  if (!read.success || !rest.ok) return fail(...problemsOf(read), ...rest.problems)
  const { opensThreats, ...plain } = read.data
  return succeed({ ...plain, ...rest.value, ...(opensThreats === 'usual' ? {} : { opensThreats: opensThreats === 'yes' }) })
}

/** Reads what a person typed to change a source of that format. */
export function readChanges(typed: Typed, format: SourceFormat): Result<SourceChanges> {
  const read = changed.safeParse(typed)
  const rest = readPlace(typed, format)
  if (!read.success || !rest.ok) return fail(...problemsOf(read), ...rest.problems)
  return succeed({ ...read.data, ...rest.value, opensThreats: read.data.opensThreats === 'yes' })
}

/** All that is wrong is said at once, the settings too. */
function problemsOf(read: { readonly error?: z.ZodError | undefined }): readonly Problem[] {
  const issues = read.error?.issues ?? []
  const first = new Map(issues.toReversed().map(issue => [String(issue.path[0] ?? ''), issue.message]))
  return [...first].toReversed().map(([pointer, message]) => ({ rule: 'form.field', pointer, severity: 'error', message }))
}

/** Where it is gathered from, and what was chosen for it. */
function readPlace(typed: Typed, format: SourceFormat): Result<Pick<SourceChanges, 'url' | 'settings'>> {
  const url = typeof typed['url'] === 'string' ? typed['url'].trim() : ''
  const fault = addressFault(url, format)
  const settings = readSettings(format, setting => typed[fieldOf(setting, format)])
  const problems = settings.problems.map(problem => {
    const setting = SOURCE_SETTINGS.find(({ name }) => name === problem.pointer)
    return setting === undefined ? problem : { ...problem, pointer: fieldOf(setting, format) }
  })
  if (fault !== null) return fail({ rule: 'form.field', pointer: 'url', severity: 'error', message: fault }, ...problems)
  return settings.ok ? succeed({ url: url === '' ? null : url, settings: settings.value }) : fail(...problems)
}

function addressFault(url: string, format: SourceFormat): string | null {
  if (format === FOLDER) return isFolderPath(url) ? null : 'Enter the whole path of the folder, such as /srv/carecert/drop'
  return url === '' || parseWebAddress(url) !== undefined ? null : 'Enter an address that begins with https:// or http://'
}

/** The name of its field: one form shows those of all formats, of which some have a setting in common. */
function fieldOf(setting: SourceSetting, format: SourceFormat): string {
  return isCommon(setting) ? setting.name : `${format}-${setting.name}`
}

/** What was typed, and what is wrong with it. */
interface Typing {
  readonly typed: Typed
  errorOf(name: string): string | undefined
}

/** The fields to add a source. A folder is offered where the operator has opened one. */
export function sourceFields(typing: Typing, openedFolder: string | null) {
  const formats = SOURCE_FORMATS.filter(format => format !== FOLDER || openedFolder !== null)
  return [
    nameField(typing),
    {
      ...field(typing, 'code'),
      label: 'Code',
      kind: 'code' as const,
      width: 20 as const,
      hint: 'Small letters, digits, dots and hyphens, such as cisa-kev. It cannot be changed later.',
    },
    {
      ...field(typing, 'format'),
      label: 'Format',
      kind: 'radios' as const,
      options: formats.map(format => ({
        value: format,
        text: formatName(format),
        hint: WHERE[format],
        fields: settingsOf(format)
          .filter(setting => !isCommon(setting))
          .map(setting => settingField(typing, setting, format)),
      })),
    },
    {
      ...field(typing, 'url'),
      label: 'Address',
      kind: 'text' as const,
      optional: true,
      hint: `Where it is gathered from. Leave empty for a source whose files you gather by hand.${openedFolder === null ? '' : ` Of a folder: its whole path, ${openedFolder} or one inside it.`}`,
    },
    ...commonFields(typing, 'csaf'),
    {
      ...field({ ...typing, typed: { opensThreats: 'usual', ...typing.typed } }, 'opensThreats'),
      label: 'What its items do',
      kind: 'radios' as const,
      options: [{ value: 'usual', text: 'What is usual for its format' }, ...OPENS],
    },
  ]
}

/** The fields to change a source of that format. */
export function changeFields(typing: Typing, format: SourceFormat) {
  return [
    nameField(typing),
    {
      ...field(typing, 'url'),
      label: addressLabel(format),
      kind: 'text' as const,
      hint: 'Under another address it is gathered from the beginning. What was gathered before is kept.',
    },
    ...settingsOf(format)
      .filter(setting => !isCommon(setting))
      .map(setting => settingField(typing, setting, format)),
    ...commonFields(typing, format),
    { ...field(typing, 'opensThreats'), label: 'What its items do', kind: 'radios' as const, options: OPENS },
  ]
}

/** What the address of each kind is. */
const WHERE: Readonly<Record<SourceFormat, string>> = {
  'kev-json': 'The address of the catalogue, in JSON or CSV.',
  'nhs-cyber-alerts': 'The address of the first page of the API.',
  csaf: 'The address of a provider, its metadata, a feed, a folder or one advisory.',
  nvd: 'The address of the API, or of a feed file. An API key makes it ten times as fast.',
  cve: 'The address of the record.',
  epss: 'The address of the newest file of scores.',
  feed: 'The address of the feed.',
  stix: 'The address of a TAXII 2.1 server, one of its roots or collections, or of a bundle.',
  misp: 'The address of a feed or its manifest, of a server, or of an event.',
  folder: 'The path of a folder on the server, into which files and messages are put.',
}

const OPENS = [
  { value: 'yes', text: 'Open threats', hint: 'An item about which there is no threat yet opens one.' },
  { value: 'no', text: 'Only add to threats that others opened', hint: 'An item waits until there is a threat that it is about.' },
]

/** What the form to change it shows at first. */
export function typedOfSource(source: SourceChanges, format: SourceFormat): Typed {
  const settings = settingsOf(format).map(setting => [fieldOf(setting, format), typedOf(source.settings[setting.name])] as const)
  const { name, url, everyMinutes, opensThreats } = source
  return { name, url: url ?? '', everyMinutes: String(everyMinutes), opensThreats: opensThreats ? 'yes' : 'no', ...Object.fromEntries(settings) }
}

function field({ typed, errorOf }: Typing, name: string) {
  const value = typed[name]
  return { name, value: typeof value === 'string' ? value : '', error: errorOf(name) }
}

function nameField(typing: Typing) {
  return {
    ...field(typing, 'name'),
    label: 'Name',
    kind: 'text' as const,
    hint: 'What people call it, such as "CISA known exploited vulnerabilities"',
  }
}

function commonFields(typing: Typing, format: SourceFormat) {
  return [
    {
      ...field(typing, 'everyMinutes'),
      label: 'Asked every so many minutes',
      kind: 'number' as const,
      width: 5 as const,
      optional: true,
      hint: `From ${least} to ${most}. Every hour when left empty.`,
    },
    ...settingsOf(format)
      .filter(isCommon)
      .map(setting => settingField(typing, setting, format)),
  ]
}

const KINDS = { lines: 'textarea', choice: 'select', yes: 'checkbox', text: 'text' } as const

function settingField(typing: Typing, setting: SourceSetting, format: SourceFormat) {
  const { label, hint, kind, options } = setting
  const shown = field(typing, fieldOf(setting, format))
  // Where nothing is chosen, the first of the options holds.
  const value = kind === 'choice' && shown.value === '' ? (options[0]?.value ?? '') : shown.value
  return {
    ...shown,
    value,
    label,
    hint,
    kind: KINDS[kind],
    rows: 3,
    width: kind === 'text' ? (10 as const) : undefined,
    options,
    optional: kind === 'text' || kind === 'lines',
  }
}
