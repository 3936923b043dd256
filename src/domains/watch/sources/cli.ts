import { Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Json } from '../../../kernel/json.ts'
import { required, type Command, type CommandOption } from '../../../platform/cli/command.ts'
import { openedFolder } from '../../../platform/fetch/folder.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { addSource, changeSource, setEnabled, startAnew } from './commands.ts'
import { FOLDER, healthOf, SOURCE_FORMATS, type NewSource, type SourceChanges, type SourceFormat } from './model.ts'
import { listSources, sourceStandings, type SourceKey, type SourceRow, type SourceStanding } from './queries.ts'
import { EVERY_MINUTES, readSettings, SOURCE_SETTINGS, type SourceSetting } from './settings.ts'
import { healthWords } from './views.ts'

/** What may be chosen when a source is added and changed later: the table of settings, and what is kept in columns of their own. */
const CHOICES: readonly CommandOption[] = [
  { flags: '--every <number>', meaning: `how many minutes the clock waits between two times, ${EVERY_MINUTES.least} to ${EVERY_MINUTES.most}` },
  { flags: '--threats <how>', meaning: 'whether its items open threats, or only add to those that others opened', choices: ['open', 'add'] },
  ...SOURCE_SETTINGS.map(({ flags, label, hint, kind, options, formats }) => ({
    flags,
    meaning: `${label.toLowerCase()}${formats.length < 4 ? ` (${formats.join(', ')})` : ''}. ${hint}`,
    ...(kind === 'lines' ? { repeats: true } : {}),
    ...(kind === 'choice' ? { choices: options.map(({ value }) => value).filter(value => value !== '') } : {}),
  })),
]

function chosenIn(options: Readonly<Record<string, unknown>>) {
  const text = (name: string) => (typeof options[name] === 'string' && options[name] !== '' ? options[name] : undefined)
  return { name: text('name'), url: text('url'), every: text('every'), threats: text('threats') }
}

function rhythmOf({ every, threats }: ReturnType<typeof chosenIn>): Pick<NewSource, 'everyMinutes' | 'opensThreats'> {
  return {
    ...(every === undefined ? {} : { everyMinutes: Number(every) }),
    ...(threats === undefined ? {} : { opensThreats: threats === 'open' }),
  }
}

/** The settings that the options name. Throws `Invalid` for one that the format does not have, or that cannot be read. */
function settingsIn(format: SourceFormat, options: Readonly<Record<string, unknown>>): Readonly<Record<string, Json>> {
  const given = SOURCE_SETTINGS.filter(setting => options[optionOf(setting)] !== undefined)
  const foreign = given.find(setting => !setting.formats.includes(format))
  if (foreign !== undefined)
    throw new Invalid(
      'watch.source.setting',
      `${foreign.flags.split(' ')[0]} is for ${foreign.formats.join(', ')} only, and this source gives ${format}.`,
    )
  const read = readSettings(format, setting => options[optionOf(setting)])
  if (read.ok) return read.value
  throw new Invalid('watch.source.setting', read.problems.map(({ pointer, message }) => `${pointer}: ${message}.`).join(' '))
}

/** As commander names it: `--whole-every-days <number>` is `wholeEveryDays`. */
function optionOf({ flags }: SourceSetting): string {
  return flags.replace(/^--| .*$/g, '').replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

const addCommand: Command = {
  name: 'sources add',
  summary: 'Add a source, to be gathered by the clock when it has an address',
  arguments: [required('code', 'small letters, digits, dots and hyphens, such as cisa-kev')],
  options: [
    { flags: '--name <name>', meaning: 'what people call it' },
    { flags: '--format <format>', meaning: 'what it gives', choices: SOURCE_FORMATS },
    { flags: '--url <address>', meaning: 'where it is gathered from, or the path of a folder; without it, it is fed by hand' },
    ...CHOICES,
  ],
  permission: 'watch.source.change',
  async run({ platform, actor, output }, [code = ''], options) {
    const format = SOURCE_FORMATS.find(known => known === options['format'])
    if (format === undefined) throw new Invalid('watch.source.format', `Say what it gives, with --format ${SOURCE_FORMATS.join('|')}.`)
    const chosen = chosenIn(options)
    const source: NewSource = {
      code,
      name: chosen.name ?? code,
      url: chosen.url ?? null,
      format,
      settings: settingsIn(format, options),
      ...rhythmOf(chosen),
    }
    if (format === FOLDER && source.url !== null) await openedFolder(source.url, platform.config.gatherFolder)
    const { url } = await runWork<Visible, SourceKey>(platform, actor, work => addSource(work, source))
    const next =
      url === null
        ? `Gather a file of it with "carecert gather FILE --source ${code}".`
        : `It is gathered by the clock; "carecert sources gather ${code}" does it at once.`
    output.result({ code, name: source.name, format: source.format, url, settings: source.settings }, [`Added ${code}.`, next])
  },
}

const changeCommand: Command = {
  name: 'sources change',
  summary: 'Change what was chosen for a source; what is not named stays as it is',
  arguments: [required('code', 'the source')],
  options: [
    { flags: '--name <name>', meaning: 'what people call it' },
    { flags: '--url <address>', meaning: 'where it is gathered from; another one is gathered from the beginning' },
    ...CHOICES,
    { flags: '--without <setting>', meaning: 'a setting that is not to be chosen any more, such as since', repeats: true },
  ],
  permission: 'watch.source.change',
  async run({ platform, actor, output }, [code = ''], options) {
    const [source] = await readAs<Visible, readonly SourceStanding[]>(platform, actor, db => sourceStandings(db, code))
    const format = SOURCE_FORMATS.find(known => known === source?.format)
    if (source === undefined || format === undefined)
      throw new NotFound('watch.source.unknown', `There is no source ${code} that can be changed. "carecert sources list" names them.`)
    const chosen = chosenIn(options)
    const { everyMinutes = source.everyMinutes, opensThreats = source.opensThreats } = rhythmOf(chosen)
    const without = Array.isArray(options['without']) ? options['without'].map(String) : []
    const kept = Object.entries(source.settings).filter(([name]) => !without.includes(name))
    const settings = { ...Object.fromEntries(kept), ...settingsIn(format, options) }
    const changes: SourceChanges = { name: chosen.name ?? source.name, url: chosen.url ?? source.url, settings, everyMinutes, opensThreats }
    if (format === FOLDER && changes.url !== null) await openedFolder(changes.url, platform.config.gatherFolder)
    await runWork<Visible, void>(platform, actor, work => changeSource(work, code, changes))
    output.result({ code, ...changes }, [`Changed ${code}. The clock asks it within five minutes.`])
  },
}

const anewCommand: Command = {
  name: 'sources start-anew',
  summary: 'Forget how far a source was gathered, so that everything is looked at anew',
  arguments: [required('code', 'the source')],
  options: [],
  permission: 'watch.source.change',
  async run({ platform, actor, output }, [code = '']) {
    await runWork<Visible, void>(platform, actor, work => startAnew(work, code))
    output.result({ code }, [`Everything of ${code} is looked at anew. What was gathered before is kept.`])
  },
}

const listCommand: Command = {
  name: 'sources list',
  summary: 'List the sources and how each does',
  arguments: [],
  options: [],
  permission: 'watch.source.view',
  async run({ platform, actor, output }) {
    const now = platform.clock.now()
    const sources = await readAs<Visible, readonly SourceRow[]>(platform, actor, db => listSources(db))
    const data = sources.map(source => ({
      code: source.code,
      name: source.name,
      format: source.format,
      url: source.url,
      health: healthOf(source, now),
      lastSuccessAt: source.lastSuccessAt,
      failingSince: source.failingSince,
      failure: source.failure,
      failures: source.failures,
      nextAt: source.nextAt,
      everyMinutes: source.everyMinutes,
      remarks: source.remarks,
      items: source.items,
      quarantined: source.openQuarantine,
    }))
    const lines = data.map(
      ({ code, health, items, name, failure }) =>
        `${code.padEnd(24)} ${healthWords(health).padEnd(16)} ${String(items).padStart(7)} items  ${name}${failure === null ? '' : `: ${failure}`}`,
    )
    output.result(data, lines.length === 0 ? ['There are no sources yet. "carecert gather FILE" makes one, or "carecert sources add".'] : lines)
  },
}

function switchCommand(word: 'stop' | 'start', summary: string): Command {
  return {
    name: `sources ${word}`,
    summary,
    arguments: [required('code', 'the source')],
    options: [],
    permission: 'watch.source.change',
    async run({ platform, actor, output }, [code = '']) {
      await runWork<Visible, void>(platform, actor, work => setEnabled(work, code, word === 'start'))
      output.result({ code, enabled: word === 'start' }, [word === 'start' ? `${code} is gathered again.` : `${code} is not gathered any more.`])
    },
  }
}

export const sourceCommands: readonly Command[] = [
  addCommand,
  changeCommand,
  anewCommand,
  listCommand,
  switchCommand('stop', 'Stop gathering a source by the clock'),
  switchCommand('start', 'Start gathering a source by the clock again'),
]
