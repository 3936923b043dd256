import type { StixObject } from '../../codecs/stix/writing/object.ts'
import { Invalid } from '../../kernel/errors.ts'
import { required, type Command } from '../../platform/cli/command.ts'
import { readAs } from '../../platform/work/read.ts'
import type { Visible } from '../taxii/tables.ts'
import { threatBundle } from './read.ts'

const exportThreat: Command = {
  name: 'threats export',
  summary: 'Write all that is held of a threat as a STIX 2.1 bundle',
  arguments: [required('id', 'as "threats list" gives it')],
  options: [{ flags: '--stix', meaning: 'as a STIX 2.1 bundle; the only form that there is' }],
  permission: 'watch.threat.view',
  async run({ platform, actor, output }, [id = ''], options) {
    if (options['stix'] !== true) throw new Invalid('interop.stix.form', 'Say in which form: "carecert threats export ID --stix".')
    const asked = { now: platform.clock.now(), baseUrl: platform.config.baseUrl }
    const bundle = await readAs<Visible, StixObject>(platform, actor, db => threatBundle(db, id, asked))
    output.result(bundle, JSON.stringify(bundle, null, 2).split('\n'))
  },
}

export const stixCommands: readonly Command[] = [exportThreat]
