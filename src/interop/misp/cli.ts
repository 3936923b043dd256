import { Invalid } from '../../kernel/errors.ts'
import { parseTlp, TLP, type Tlp } from '../../kernel/tlp.ts'
import { required, type Command } from '../../platform/cli/command.ts'
import { exportMisp } from './export.ts'

const exportCommand: Command = {
  name: 'export misp',
  summary: 'Write bulletins as a feed of MISP: a folder that a MISP server reads from a web server or a disk',
  arguments: [required('folder', 'a new folder, or an earlier export, which is replaced')],
  options: [
    {
      flags: '--tlp <label>',
      meaning: 'a label to write, such as GREEN; give it more than once for more. Without it CLEAR alone, which is for everybody',
      repeats: true,
    },
  ],
  permission: 'broadcast.bulletin.view',
  async run({ platform, actor, output }, [folder = ''], options) {
    const labels = labelsFrom(options['tlp'])
    const progress = output.progress('Bulletins', 0)
    let events = 0
    try {
      events = await exportMisp(platform, actor, folder, { labels, onProgress: (done, total) => progress.update(done, total) })
    } finally {
      progress.stop()
    }
    output.result({ folder, labels, events }, [
      `${events.toLocaleString('en-GB')} ${events === 1 ? 'event is' : 'events are'} in ${folder}: TLP:${labels.join(', TLP:')}.`,
      ...(labels.some(label => label !== 'CLEAR') ? ['Your web server must keep the folder to those who may read it.'] : []),
    ])
  },
}

export const mispCommands: readonly Command[] = [exportCommand]

function labelsFrom(given: unknown): readonly Tlp[] {
  const texts = Array.isArray(given) ? given.map(String) : []
  if (texts.length === 0) return ['CLEAR']
  return texts.map(text => {
    const label = TLP.find(known => known === parseTlp(text) && known !== 'RED')
    if (label !== undefined) return label
    throw new Invalid(
      'interop.misp.label',
      `"${text}" is not a label that is written. Use CLEAR, GREEN, AMBER or AMBER+STRICT. What is RED goes to named people, and into no file.`,
    )
  })
}
