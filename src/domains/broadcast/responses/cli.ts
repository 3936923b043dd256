import { NotFound } from '../../../kernel/errors.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { pageFrom, pagingOptions } from '../../../platform/cli/paging.ts'
import { readAs } from '../../../platform/work/read.ts'
import { parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { isResponseState, RESPONSE_STATES } from './model.ts'
import { responseLines } from './queries/lines.ts'

const MOST_ROWS = 500

/** `carecert responses list CC-5001`. */
export const listResponses: Command = {
  name: 'responses list',
  summary: 'Lists the answers to a bulletin: the newest of each organisation.',
  arguments: [required('id', 'the bulletin, such as CC-5001')],
  options: [{ flags: '--history', meaning: 'every answer that was given, not only the newest' }, ...pagingOptions(MOST_ROWS)],
  permission: 'broadcast.response.view',
  async run({ platform, actor, output }, [id = ''], options) {
    const number = parseBulletinNumber(id)
    if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', `"${id}" is not the number of a bulletin. Write it as CC-5001.`)
    const asked = pageFrom(options, MOST_ROWS)
    const { lines, next } = await readAs<Visible, Awaited<ReturnType<typeof responseLines>>>(platform, actor, async db => {
      const bulletin = await bulletinOf(db, number)
      return responseLines(db, bulletin.id, options['history'] === true, asked)
    })
    const texts = lines.map(line =>
      [line.organisation.padEnd(8), labelOf(line.state).padEnd(22), line.at.toISOString(), line.by ?? 'unknown', line.note ?? '']
        .join('  ')
        .trimEnd(),
    )
    output.result(lines, texts.length === 0 ? ['Nobody has answered yet.'] : texts)
    output.more(next)
  },
}

function labelOf(state: string): string {
  return isResponseState(state) ? RESPONSE_STATES[state].label : state
}
