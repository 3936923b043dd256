import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Conflict, Invalid } from '../../../kernel/errors.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { loadTakeAway } from './load.ts'
import { makeTakeAway } from './make.ts'

const takeAway: Command = {
  name: 'assessments take-away',
  summary: 'write everything of your organisation’s reviews and plan into one archive',
  arguments: [required('file', 'a new file; what is in it is as private as the reviews')],
  options: [],
  permission: 'assure.take-away',
  async run({ platform, actor, output }, [file = '']) {
    const { rows, files, bytes } = await makeTakeAway(platform, actor)
    await pipeline(bytes(), createWriteStream(file, { mode: 0o600, flags: 'wx' })).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST')
        throw new Conflict('assure.take-away.file-exists', `${file} is there already. Name a new file: nothing is written over.`)
      if (error.code !== undefined && /^E[A-Z]+$/.test(error.code))
        throw new Invalid('assure.take-away.file', `${file} cannot be written. Name a file where you may write.`, error.code)
      throw error
    })
    output.result({ file, rows, files }, [
      `Wrote ${rows.toLocaleString('en-GB')} rows and ${files.toLocaleString('en-GB')} files to ${file}.`,
      'Open index.html in it to read. "carecert assessments load" loads it into another installation.',
    ])
  },
}

const load: Command = {
  name: 'assessments load',
  summary: 'load a take-away of an organisation’s reviews and plan, made elsewhere',
  arguments: [required('file', 'the archive, as "assessments take-away" or the page wrote it')],
  options: [],
  permission: null,
  async run({ platform, actor, output }, [file = '']) {
    const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      throw new Invalid('assure.take-away.file', `${file} cannot be read. Name the archive.`, error.code)
    })
    const loaded = await loadTakeAway(platform, actor, bytes)
    output.result(loaded, [
      `${loaded.organisation}: ${loaded.added.toLocaleString('en-GB')} rows are new, ${loaded.alreadyThere.toLocaleString('en-GB')} were here already.`,
      `${loaded.leftOut.toLocaleString('en-GB')} stay in the archive: what was shared and pooled elsewhere does not hold here. Assessors are asked in anew.`,
    ])
  },
}

export const takeAwayCommands: readonly Command[] = [takeAway, load]
