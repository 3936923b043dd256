import { INTELLIGENCE_FORMATS } from '../../../kernel/intelligence.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { addSource, setEnabled } from './commands.ts'
import { healthOf, type NewSource } from './model.ts'
import { listSources, type SourceKey, type SourceRow } from './queries.ts'
import { healthWords } from './views.ts'

const addCommand: Command = {
  name: 'sources add',
  summary: 'Add a source, to be gathered by the clock when it has an address',
  arguments: [required('code', 'small letters, digits, dots and hyphens, such as cisa-kev')],
  options: [
    { flags: '--name <name>', meaning: 'what people call it' },
    { flags: '--format <format>', meaning: 'what it gives', choices: INTELLIGENCE_FORMATS },
    { flags: '--url <address>', meaning: 'where it is gathered from; without it, it is fed by hand' },
  ],
  permission: 'watch.source.change',
  async run({ platform, actor, output }, [code = ''], options) {
    const text = (name: string) => (typeof options[name] === 'string' ? options[name] : '')
    // The command refuses a format that it does not know.
    const source: NewSource = { code, name: text('name') || code, format: text('format') as NewSource['format'], url: text('url') || null }
    const { url } = await runWork<Visible, SourceKey>(platform, actor, work => addSource(work, source))
    const next =
      url === null
        ? `Gather a file of it with "carecert gather FILE --source ${code}".`
        : `It is gathered by the clock; "carecert sources gather ${code}" does it at once.`
    output.result({ code, name: source.name, format: source.format, url }, [`Added ${code}.`, next])
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
  listCommand,
  switchCommand('stop', 'Stop gathering a source by the clock'),
  switchCommand('start', 'Start gathering a source by the clock again'),
]
