import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { Invalid } from '../../../kernel/errors.ts'
import { required, type Command } from '../../../platform/cli/command.ts'

const hashFile: Command = {
  name: 'assessments evidence hash',
  summary: 'print the SHA-256 of a file that stays with you, for a piece of evidence',
  arguments: [required('file', 'the file; it is read here and sent nowhere')],
  options: [],
  permission: null,
  async run({ output }, [file = '']) {
    const hash = createHash('sha256')
    await pipeline(createReadStream(file), hash).catch((error: NodeJS.ErrnoException) => {
      throw new Invalid('assure.evidence.file', `${file} cannot be read. Name a file that you may read.`, error.code)
    })
    const sha256 = hash.digest('hex')
    output.result({ file, sha256 }, [sha256])
  },
}

export const evidenceCommands: readonly Command[] = [hashFile]
