import { Invalid } from '../../../kernel/errors.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { asList } from '../../../platform/forms/form.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { DirectoryTables } from '../tables.ts'
import { startPartnership } from './commands.ts'

const partnerCommand: Command = {
  name: 'organisations partner',
  summary: 'Let a partner answer for organisations',
  arguments: [required('code', 'the ODS code of the partner')],
  options: [{ flags: '--for <code>', meaning: 'an organisation that it answers for; may be given more than once', repeats: true }],
  permission: 'directory.partnership.change',
  async run({ platform, actor, output }, [partnerCode = ''], options) {
    const codes = asList(options['for'])
    if (codes.length === 0) throw new Invalid('directory.partner.whom', 'Say for whom: --for CODE, once for each organisation.')
    // All of them or none, so that the command can be run again when one code is wrong.
    await runWork<DirectoryTables, void>(platform, actor, async work => {
      for (const organisationCode of codes) await startPartnership(work, { partnerCode, organisationCode })
    })
    output.result({ partner: partnerCode.toUpperCase(), organisations: codes.map(code => code.toUpperCase()) }, [
      `${partnerCode.toUpperCase()} answers for ${codes.join(', ').toUpperCase()}.`,
    ])
  },
}

export const PARTNER_COMMANDS: readonly Command[] = [partnerCommand]
