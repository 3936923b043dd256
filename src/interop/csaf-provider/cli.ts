import { Invalid } from '../../kernel/errors.ts'
import { parseTlp, type Tlp } from '../../kernel/tlp.ts'
import { required, type Command } from '../../platform/cli/command.ts'
import { exportProvider } from './export.ts'
import { keepProvider } from './jobs.ts'
import { PROVIDED_LABELS } from './model.ts'

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
    const { written, signed } = await keepProvider(platform)
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

export const csafCommands: readonly Command[] = [exportCsaf]

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
