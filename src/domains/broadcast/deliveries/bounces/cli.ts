import { many, type Command } from '../../../../platform/cli/command.ts'
import { filesAt } from '../../../../platform/fetch/folder.ts'
import type { Received } from './model.ts'
import { receiveReturned } from './receive.ts'

/** What each outcome is in words. */
const WORDS: Readonly<Record<Received, string>> = {
  hard: 'the address does not work: its contact is to be put right',
  soft: 'the server gave up: it is tried again',
  policy: 'refused for what we are or wrote: mend that; no contact is blamed',
  delayed: 'not there yet: noted',
  delivered: 'it arrived: noted',
  complaint: 'reported as unwanted: the reader gets no more',
  known: 'read before',
  ignored: 'nothing follows from it',
  refused: 'not to an address that we made, or not readable',
}

/** `carecert bounces read FILE…`. */
export const readBounces: Command = {
  name: 'bounces read',
  summary: 'Takes in messages that came back: files of one message each, or folders of them.',
  arguments: [many('files', 'messages (.eml), or folders that hold them')],
  options: [],
  permission: 'broadcast.bounce.read',
  async run({ platform, actor, output }, paths) {
    const read: { file: string; outcome: Received }[] = []
    for (const path of paths)
      for await (const file of filesAt(path)) read.push({ file: file.path, outcome: await receiveReturned(platform, await file.read(), { actor }) })
    output.result(
      read,
      read.map(({ file, outcome }) => `${file}: ${WORDS[outcome]}`),
    )
  },
}
