import { createHash } from 'node:crypto'
import { unzipSync } from 'fflate'
import { Invalid } from '../../../kernel/errors.ts'
import { isRecord } from '../../../kernel/json.ts'
import { dataPath, isOurPath, MANIFEST, readManifest, type Manifest } from './manifest.ts'
import type { Row } from './queries.ts'

const LARGEST_ARCHIVE = 1_000_000_000
const LARGEST_UNPACKED = 2_000_000_000
const LARGEST_FILE = 100_000_000
const MOST_FILES = 50_000

/** An archive whose every file is what its manifest says. */
export interface OpenedTakeAway {
  readonly manifest: Manifest
  rowsOf(table: string): readonly Row[]
  fileOf(path: string): Buffer | undefined
}

/**
 * Opens a take-away. Names are compared with those that we write, sizes are added up before anything is unpacked, and each file is held against the hash of the manifest:
 * whatever leads elsewhere, grows without end, is missing, was added or was changed refuses the whole. Throws `Invalid`.
 */
export function openTakeAway(bytes: Buffer): OpenedTakeAway {
  if (bytes.length > LARGEST_ARCHIVE) throw damaged('too-large', 'This archive is larger than any that is taken.')
  const entries = unpack(bytes)
  const manifest = readManifest(Buffer.from(entries.get(MANIFEST) ?? []).toString('utf8'))
  if (manifest === undefined) throw damaged('no-take-away', 'This is no take-away of a review that this version can read.')
  const paths = new Set(manifest.files.map(({ path }) => path))
  if (paths.size !== manifest.files.length || entries.size !== paths.size + 1) throw changed()
  for (const { path, bytes: size, sha256 } of manifest.files) {
    const body = entries.get(path)
    if (body === undefined || body.length !== size || createHash('sha256').update(body).digest('hex') !== sha256) throw changed()
  }
  return {
    manifest,
    rowsOf: table => rowsIn(entries.get(dataPath(table))),
    fileOf: path => {
      const body = entries.get(path)
      return body === undefined ? undefined : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    },
  }
}

function unpack(bytes: Buffer): ReadonlyMap<string, Uint8Array> {
  let [unpacked, files] = [0, 0]
  try {
    const names = new Set<string>()
    const entries = unzipSync(bytes, {
      // Asked with what the archive claims, before the first byte is unpacked; what is unpacked is never longer than claimed.
      filter({ name, originalSize }) {
        unpacked += originalSize
        files += 1
        if (!isOurPath(name) || names.has(name))
          throw damaged('foreign-file', 'There is something in this archive that we never put there. It is not read.')
        if (originalSize > LARGEST_FILE || unpacked > LARGEST_UNPACKED || files > MOST_FILES)
          throw damaged('too-large', 'What this archive unpacks to is larger than any review. It is not read.')
        names.add(name)
        return true
      },
    })
    return new Map(Object.entries(entries))
  } catch (error) {
    if (error instanceof Invalid) throw error
    throw damaged('no-archive', 'This file is no archive that can be read, or it is not whole. Take it again.')
  }
}

function rowsIn(body: Uint8Array | undefined): readonly Row[] {
  if (body === undefined) return []
  const text = Buffer.from(body).toString('utf8')
  // PostgreSQL takes no NUL, and no honest row has one.
  if (text.includes('\\u0000') || text.includes('"__proto__"')) throw changed()
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const row: unknown = parsed(line)
      if (!isRecord(row)) throw changed()
      return row
    })
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw changed()
  }
}

export function changed(): Invalid {
  return damaged('changed', 'A file of this archive is missing, was added or was changed since it was written. Nothing was loaded. Take it again.')
}

function damaged(rule: string, message: string): Invalid {
  return new Invalid(`assure.take-away.${rule}`, message)
}
