import { mkdir, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { filesIn, isFolder, type FoundFile } from '../fetch/folder.ts'

/** A message that nobody has read yet. */
export interface UnreadMail extends Pick<FoundFile, 'path' | 'read'> {
  /** Puts it out of the way, so that it is not read again. */
  markRead(): Promise<void>
}

/**
 * The messages of a folder that were not read yet, by name. In a Maildir they are those of `new` and of `cur` without the flag S; what was read
 * goes to `cur` with that flag (its specification: `name:2,S`). In any other folder, what was read goes to `.read` beside it.
 * Throws `Invalid` when there is no such folder.
 */
export async function* unreadMail(folder: string): AsyncGenerator<UnreadMail> {
  const isMaildir = (await isFolder(join(folder, 'cur'))) && (await isFolder(join(folder, 'new')))
  for await (const { path, read } of filesIn(folder)) {
    if (isMaildir && /:2,[A-Z]*S/.test(basename(path))) continue
    yield { path, read, markRead: () => move(path, isMaildir ? seen(folder, path) : join(dirname(path), '.read', basename(path))) }
  }
}

function seen(folder: string, path: string): string {
  const [name = '', flags = ''] = basename(path).split(':2,')
  return join(folder, 'cur', `${name}:2,${[...new Set(`${flags}S`)].toSorted().join('')}`)
}

async function move(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await rename(from, to)
}
