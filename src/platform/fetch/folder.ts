import { constants } from 'node:fs'
import { lstat, open, readdir, realpath, stat, type FileHandle } from 'node:fs/promises'
import { isAbsolute, join, sep } from 'node:path'
import { Invalid } from '../../kernel/errors.ts'
import { instantFromMillis, type Instant } from '../../kernel/instant.ts'
import { spool, type SpooledFile } from './spool.ts'

/** A file as it was found. */
export interface FoundFile {
  readonly path: string
  readonly size: number
  readonly changedAt: Instant
  /** Its bytes. Throws `Invalid` when it is gone, is no plain file any more, or is too large. */
  read(): Promise<Buffer>
  /** A copy of it in a temporary file, however large up to that. Throws as `read`. */
  spool(largest: number): Promise<SpooledFile>
}

const LARGEST_FILE_BYTES = 64 * 1024 * 1024
const DEEPEST = 32

/**
 * The plain files of a folder and of those inside it, in the order of their names. Hidden ones are left out, as is the folder in which a Maildir
 * keeps what is being delivered; links are not followed. Throws `Invalid` when there is no such folder.
 */
export async function* filesIn(folder: string, depth = 0): AsyncGenerator<FoundFile> {
  let entries
  try {
    entries = await readdir(folder, { withFileTypes: true })
  } catch {
    // One inside that cannot be read keeps no other from being so.
    if (depth > 0) return
    throw new Invalid('platform.folder.missing', `The folder ${folder} is not there or cannot be read. Check the path.`)
  }
  const names = new Set(entries.map(({ name }) => name))
  const isMaildir = names.has('cur') && names.has('new')
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory() && depth < DEEPEST && !(isMaildir && entry.name === 'tmp')) yield* filesIn(path, depth + 1)
    if (!entry.isFile()) continue
    const found = await lstat(path).catch(() => undefined)
    const changedAt = instantFromMillis(Math.floor(found?.mtimeMs ?? Number.NaN))
    if (found !== undefined && changedAt !== undefined) yield foundFile(path, found.size, changedAt)
  }
}

/** The plain files at a path: itself, or those in the folder that it names. Throws `Invalid` when there is nothing. */
export async function* filesAt(path: string): AsyncGenerator<FoundFile> {
  if (await isFolder(path)) {
    yield* filesIn(path)
    return
  }
  const found = await lstat(path).catch(() => undefined)
  const changedAt = instantFromMillis(Math.floor(found?.mtimeMs ?? Number.NaN))
  if (found === undefined || changedAt === undefined)
    throw new Invalid('platform.file.missing', `The file ${path} is not there or cannot be read. Check the path.`)
  yield foundFile(path, found.size, changedAt)
}

/** Whether that is a folder, as against a file or nothing. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    found => found.isDirectory(),
    () => false,
  )
}

/**
 * The folder at that path, with its links resolved, when it lies in the one that the operator opened (`null` when none is). Throws `Invalid`, saying
 * what to do.
 */
export async function openedFolder(path: string, opened: string | null): Promise<string> {
  if (opened === null)
    throw new Invalid('platform.folder.closed', 'No folder is opened to sources on this server. The operator names one in GATHER_FOLDER.')
  const [root, wanted] = await Promise.all([resolved(opened), isAbsolute(path) ? resolved(path) : undefined])
  if (root === undefined) throw new Invalid('platform.folder.missing', 'The folder named in GATHER_FOLDER is not there or cannot be read.')
  if (wanted === undefined || !(wanted === root || wanted.startsWith(root.endsWith(sep) ? root : root + sep)))
    throw new Invalid('platform.folder.outside', `That folder is not there, or not inside ${opened}, which is the one that is opened to sources.`)
  if (!(await isFolder(wanted))) throw new Invalid('platform.folder.missing', 'That is a file. Name the folder in which it lies.')
  return wanted
}

function resolved(path: string): Promise<string | undefined> {
  return realpath(path).catch(() => undefined)
}

function foundFile(path: string, size: number, changedAt: Instant): FoundFile {
  return {
    path,
    size,
    changedAt,
    read: () => withPlainFile(path, LARGEST_FILE_BYTES, file => file.readFile()),
    spool: largest => withPlainFile(path, largest, file => spool(file.createReadStream({ autoClose: false }), largest)),
  }
}

async function withPlainFile<R>(path: string, largest: number, act: (file: FileHandle) => Promise<R>): Promise<R> {
  // Somebody may have put a link or a pipe in its place since it was found: neither is followed nor waited for.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => {
    throw new Invalid('platform.file.missing', `The file ${path} is not there any more, or cannot be read.`)
  })
  try {
    const found = await file.stat()
    if (!found.isFile()) throw new Invalid('platform.file.not-a-file', `${path} is not a plain file.`)
    if (found.size > largest) throw new Invalid('platform.file.too-large', `${path} is larger than ${Math.round(largest / 1_048_576)} MB. Split it.`)
    return await act(file)
  } finally {
    await file.close()
  }
}
