import { Invalid } from '../../kernel/errors.ts'
import { parseTlp, type Tlp } from '../../kernel/tlp.ts'
import { required, type Command } from '../../platform/cli/command.ts'
import { readAs } from '../../platform/work/read.ts'
import { runWork } from '../../platform/work/work.ts'
import { reissue } from './commands.ts'
import { exportProvider } from './export.ts'
import { keepAsServed, keepProvider } from './jobs.ts'
import { PROVIDED_LABELS, settingsFrom } from './model.ts'
import { issuedElsewhere } from './queries.ts'
import type { Visible } from './tables.ts'

const exportCsaf: Command = {
  name: 'export csaf',
  summary: 'Write the CSAF provider as plain files, for any web server or object store',
  arguments: [required('folder', 'the folder that becomes the root of a site: a new one, or an earlier export, which is replaced')],
  options: [
    {
      flags: '--tlp <label>',
      meaning: 'a label to write, such as AMBER; give it more than once for more. Without it CLEAR alone, which is for everybody',
      repeats: true,
    },
  ],
  permission: 'broadcast.bulletin.view',
  async run({ platform, actor, output }, [folder = ''], options) {
    const labels = labelsFrom(options['tlp'])
    // What was released before, or under another key, is brought up to date first.
    const { written, signed } = await keepAsServed(platform)
    const progress = output.progress('Files', 0)
    let files = 0
    try {
      files = await exportProvider(platform, actor, folder, { labels, onProgress: done => progress.update(done, done) })
    } finally {
      progress.stop()
    }
    const narrower = labels.filter(label => label !== 'CLEAR')
    output.result({ folder, labels, files, written, signed }, [
      `${files.toLocaleString('en-GB')} files are in ${folder}: TLP:${labels.join(', TLP:')}.`,
      ...(narrower.length === 0
        ? []
        : [`What is TLP:${narrower.join(' and TLP:')} lies in csaf/members. Your web server must keep it to those who may read it.`]),
    ])
  },
}

const reissueCsaf: Command = {
  name: 'csaf reissue',
  summary: 'Issue CSAF documents anew that name another address or publisher than today’s, each with a revision that says so',
  arguments: [],
  options: [],
  permission: 'broadcast.bulletin.release',
  async run({ platform, actor, output }) {
    const settings = settingsFrom(platform.config)
    const found = await readAs<Visible, readonly string[]>(platform, actor, db => issuedElsewhere(db, settings))
    if (found.length > 0) {
      const bulletins = `${found.length.toLocaleString('en-GB')} ${found.length === 1 ? 'bulletin' : 'bulletins'}`
      const question = `Issue the documents of ${bulletins} anew, from ${settings.baseUrl}, in the name of ${settings.publisher.name}?`
      if (!(await output.confirm(question))) throw new Invalid('interop.csaf.not-confirmed', 'Nothing was issued. Answer yes, or give --yes.')
      await runWork<Visible, void>(platform, actor, work => reissue(work, found, settings))
    }
    // Also what an earlier run was interrupted at.
    const { written } = await keepProvider(platform)
    output.result({ bulletins: found.length, written }, [
      found.length === 0
        ? `Every document names ${settings.baseUrl} and ${settings.publisher.name} already.`
        : `${written.toLocaleString('en-GB')} ${written === 1 ? 'bulletin is' : 'bulletins are'} issued anew from ${settings.baseUrl}.`,
    ])
  },
}

export const csafCommands: readonly Command[] = [exportCsaf, reissueCsaf]

function labelsFrom(given: unknown): readonly Tlp[] {
  const texts = Array.isArray(given) ? given.map(String) : []
  if (texts.length === 0) return ['CLEAR']
  return texts.map(text => {
    const label = parseTlp(text)
    const provided = PROVIDED_LABELS.find(known => known === label)
    if (provided === undefined)
      throw new Invalid(
        'interop.csaf.label',
        `"${text}" is not a label that is written. Use CLEAR, GREEN, AMBER or AMBER+STRICT. What is RED goes to named people, and into no file.`,
      )
    return provided
  })
}
