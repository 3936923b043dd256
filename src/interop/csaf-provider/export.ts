import { mkdir, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { csafLabel, CSAF_VERSIONS } from '../../codecs/csaf-writing/advisory.ts'
import { Conflict, Invalid } from '../../kernel/errors.ts'
import type { Tlp } from '../../kernel/tlp.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Actor } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { ENDINGS, memberLists, namesIn, partOf, type Tree } from './files.ts'
import { listingPage } from './listing.ts'
import { firstVersion, securityText } from './lists.ts'
import { PROVIDED_LABELS, rootOf, settingsFrom, type ProviderSettings } from './model.ts'
import { documentsAfter, publicFiles } from './queries.ts'
import type { Visible } from './tables.ts'

export interface ExportWishes {
  readonly labels: readonly Tlp[]
  onProgress(files: number): void
}

const PAGE_DOCUMENTS = 200
const LISTING = 'index.html'
/** What lies at the top of a folder that was exported, and nothing else. */
const TOP = ['.well-known', 'csaf']

/**
 * Writes the provider as files for any web server: the folder is the root of its site. `TLP:CLEAR` lies open in it; with other labels it holds what is for members under
 * `csaf/members/`, as the actor may see it, which that server must keep to them. The folder appears whole, or is replaced whole when an export lies there. Throws
 * `Conflict` when something else does. Gives how many files were written.
 */
export async function exportProvider(platform: Platform, actor: Actor, folder: string, wishes: ExportWishes): Promise<number> {
  // Where a link points: the link itself stays.
  const target = await realpath(folder).catch(() => resolve(folder))
  await assertReplaceable(target)
  // Names that nobody else gives a folder of theirs: what an interrupted export left there is taken away.
  const [partial, old] = [`${target}.carecert-partial`, `${target}.carecert-replaced`]
  try {
    for (const leftover of [partial, old]) await rm(leftover, { recursive: true, force: true })
    await mkdir(partial, { recursive: true })
    const count = await writeProvider(platform, actor, partial, wishes)
    await rename(target, old).catch(ignoreAbsent)
    await rename(partial, target).catch(async (error: unknown) => {
      await rename(old, target).catch(ignoreAbsent)
      throw error
    })
    await rm(old, { recursive: true, force: true })
    return count
  } catch (error) {
    throw NOT_WRITABLE.has(codeOf(error)) ? notWritable(folder, codeOf(error)) : error
  } finally {
    await rm(partial, { recursive: true, force: true }).catch(() => {})
  }
}

/** What the file system says of a place where nothing can be written. */
const NOT_WRITABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EBUSY', 'ENOTDIR', 'ENAMETOOLONG'])

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function notWritable(folder: string, code: string): Invalid {
  return new Invalid(
    'interop.csaf.export-folder',
    `${folder} is no folder that can be written to, with the one around it (${code}). Nothing was changed. Name another.`,
    code,
  )
}

/** The same into a folder that is the caller's to put in place. */
export async function writeProvider(platform: Platform, actor: Actor, folder: string, { labels, onProgress }: ExportWishes): Promise<number> {
  const written: string[] = []
  const write = async (path: string, body: string) => {
    await mkdir(join(folder, dirname(path)), { recursive: true })
    await writeFile(join(folder, path), body)
    written.push(path)
    onProgress(written.length)
  }
  const settings = settingsFrom(platform.config)
  await readAs<Visible, void>(
    platform,
    actor,
    async db => {
      if (labels.includes('CLEAR')) await writePublic(db, platform, settings, write)
      const narrower = PROVIDED_LABELS.filter(label => label !== 'CLEAR' && labels.includes(label))
      if (narrower.length > 0) await writeMembers(db, platform, settings, narrower, write)
    },
    { isOnePicture: true },
  )
  for (const place of foldersOf(written)) await write(`${place}/${LISTING}`, listingPage(platform, place, namesIn(place, written) ?? []))
  return written.length
}

type Write = (path: string, body: string) => Promise<void>

async function writePublic(db: Reader<Visible>, platform: Platform, settings: ProviderSettings, write: Write): Promise<void> {
  const now = platform.clock.now()
  const first = `.well-known/csaf/v${firstVersion(settings, now)}/`
  for (const { path, body } of await publicFiles(db)) {
    await write(path, body)
    // A copy, never a redirect (§7.1.9).
    if (path.startsWith(first)) await write(`.well-known/csaf/${path.slice(first.length)}`, body)
  }
  await write('.well-known/security.txt', securityText(settings, now))
  for (const version of CSAF_VERSIONS) await writeDocuments(db, { version, isPublic: true }, ['CLEAR'], write)
}

async function writeMembers(
  db: Reader<Visible>,
  platform: Platform,
  settings: ProviderSettings,
  labels: readonly Tlp[],
  write: Write,
): Promise<void> {
  for (const version of CSAF_VERSIONS) {
    for (const { path, body } of await memberLists(db, version, settings, platform.clock.now(), labels)) await write(path, body)
    await writeDocuments(db, { version, isPublic: false }, labels, write)
  }
}

async function writeDocuments(db: Reader<Visible>, tree: Tree, labels: readonly Tlp[], write: Write): Promise<void> {
  for (const label of labels) {
    const folder = csafLabel(label, tree.version).toLowerCase()
    let after = ''
    for (;;) {
      const documents = await documentsAfter(db, { ...tree, folder }, after, PAGE_DOCUMENTS)
      for (const document of documents) {
        for (const ending of ENDINGS) {
          const part = partOf(document, ending)
          if (part !== undefined) await write(`${rootOf(tree.version, tree.isPublic)}/${folder}/${document.path}${ending}`, part.body)
        }
      }
      after = documents.at(-1)?.path ?? after
      if (documents.length < PAGE_DOCUMENTS) break
    }
  }
}

/** Every folder under `csaf` that holds something, for its listing. */
function foldersOf(paths: readonly string[]): readonly string[] {
  const folders = new Set<string>()
  for (const path of paths) {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder))
      if (folder === 'csaf' || folder.startsWith('csaf/')) folders.add(folder)
  }
  return [...folders]
}

async function assertReplaceable(folder: string): Promise<void> {
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw notWritable(folder, error.code ?? '')
  })
  if (there.some(name => !TOP.includes(name)))
    throw new Conflict(
      'interop.csaf.export-in-use',
      `${folder} holds something else than an earlier export. Name a new folder: nothing of yours is written over.`,
    )
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
