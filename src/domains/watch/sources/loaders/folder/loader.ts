import { createHash } from 'node:crypto'
import { z } from 'zod'
import { looksLikeMessage, readMessage } from '../../../../../codecs/mail/message.ts'
import { CareCertError } from '../../../../../kernel/errors.ts'
import type { Json } from '../../../../../kernel/json.ts'
import type { Fetched } from '../../../../../platform/fetch/fetch.ts'
import type { FoundFile } from '../../../../../platform/fetch/folder.ts'
import { LARGE_DOCUMENT_BYTES, type SpooledFile } from '../../../../../platform/fetch/spool.ts'
import type { CursorAfter, Loaded, Loader, Outbound } from '../../loader.ts'
import { FOLDER } from '../../model.ts'

/**
 * A folder on this machine into which people, programs or a mail server put files: each is given once, and again when it has changed. What
 * disappears from it is not taken back: folders are tidied. What the links of a message lead to is given too, where a person allowed the host.
 *
 * Settings: `hosts`.
 */
export const folderLoader: Loader = {
  format: FOLDER,
  async *load({ url, cursor, now }, out) {
    const state = restore(cursor)
    const found = new Set<string>()
    let isWhole = true
    for await (const file of out.filesIn(url)) {
      const mark = markOf(file)
      found.add(mark)
      if (state.has(mark)) continue
      const age = now.getTime() - file.changedAt.getTime()
      if (age >= 0 && age < SETTLED_MILLIS) {
        // Somebody may be writing it still. It has no mark yet, so it is looked at again.
        isWhole = false
        continue
      }
      yield* give(file, mark, state, out)
    }
    if (isWhole) for (const mark of state) if (!found.has(mark)) state.delete(mark)
    yield { kind: 'checked', address: url, cursor: () => snapshot(state) }
  },
}

const SETTLED_MILLIS = 5_000
const MARK_LENGTH = 8
const MOST_LINKS = 20
const LINE_FEED = 0x0a

async function* give(file: FoundFile, mark: string, state: Set<string>, out: Outbound): AsyncGenerator<Loaded> {
  const address = file.path
  const after: CursorAfter = () => snapshot(state)
  let bytes: Buffer
  let large: SpooledFile | null = null
  try {
    large = file.size > LARGE_DOCUMENT_BYTES ? await file.spool(out.largestFileBytes) : null
    if (large !== null && looksLikeMessage(large.start.subarray(0, large.start.lastIndexOf(LINE_FEED) + 1))) {
      await large.discard()
      large = null
    }
    bytes = large === null ? await file.read() : Buffer.alloc(0)
  } catch (error) {
    if (!(error instanceof CareCertError)) throw error
    state.add(mark)
    yield { kind: 'failed', address, error, bytes: null, cursor: after }
    return
  }
  const links = looksLikeMessage(bytes) ? await linksIn(bytes, out) : []
  for (const link of links) {
    const fetched = await fetchDocument(link, out)
    // The file has its mark once the message itself is given: cut short here, it comes again.
    if (fetched !== null)
      yield {
        kind: 'document',
        address: link,
        bytes: fetched.bytes,
        contentType: fetched.type,
        tlp: null,
        integrity: null,
        remarks: [],
        cursor: after,
      }
  }
  state.add(mark)
  yield { kind: 'document', address, bytes, file: large, tlp: null, integrity: null, remarks: [], cursor: after }
}

async function linksIn(bytes: Uint8Array, out: Outbound): Promise<readonly string[]> {
  const message = await readMessage(bytes)
  return message.ok ? message.value.links.filter(link => out.mayAsk(link)).slice(0, MOST_LINKS) : []
}

/** What a link leads to, unless that is a page for people, or is not to be had: the link itself stays with the message. */
async function fetchDocument(link: string, out: Outbound): Promise<Fetched | null> {
  try {
    const fetched = await out.get(link)
    return /^\s*<(?:!doctype\s+html|html)/i.test(fetched.bytes.subarray(0, 500).toString('latin1')) ? null : fetched
  } catch (error) {
    if (!(error instanceof CareCertError)) throw error
    return null
  }
}

/** Of a file in one state. */
function markOf({ path, size, changedAt }: FoundFile): string {
  return createHash('sha256').update(`${path}\n${size}\n${changedAt.toISOString()}`).digest('base64url').slice(0, MARK_LENGTH)
}

const stored = z.object({ version: z.literal(1), seen: z.string() })

function restore(cursor: Json): Set<string> {
  const read = stored.safeParse(cursor)
  const text = read.success ? read.data.seen : ''
  return new Set(Array.from({ length: Math.floor(text.length / MARK_LENGTH) }, (_, at) => text.slice(at * MARK_LENGTH, (at + 1) * MARK_LENGTH)))
}

function snapshot(state: ReadonlySet<string>): Json {
  return { version: 1, seen: [...state].join('') }
}
