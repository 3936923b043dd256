import type { FileReply } from '../../platform/http/reply.ts'
import type { FailureForm } from '../../platform/http/route.ts'
import { dateAdded, nextAfter, TAXII } from './model.ts'
import type { Found, FoundPage, Listed } from './queries.ts'

/** What the server answers, in the forms of TAXII 2.1. */

export function taxii(body: unknown, options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {}): FileReply {
  return { kind: 'file', contentType: TAXII, filename: null, body: bytesOf(JSON.stringify(body)), ...options }
}

/** A page of objects (an envelope, §3.7), put together from the texts of its rows: none of them is parsed. */
export function envelope({ rows, hasMore }: FoundPage<Found>): FileReply {
  const objects = rows.length === 0 ? '' : `"objects":[${rows.map(row => row.body).join(',')}]`
  const more = moreOf(rows, hasMore)
  return {
    kind: 'file',
    contentType: TAXII,
    filename: null,
    body: bytesOf(`{${[more, objects].filter(part => part !== '').join(',')}}`),
    headers: datesOf(rows),
  }
}

/** A page of the manifest (§5.3.1). */
export function manifest({ rows, hasMore }: FoundPage<Listed>, mediaType: string): FileReply {
  const objects = rows.map(({ objectId, added, version }) => ({
    id: objectId,
    date_added: dateAdded(added),
    version: version.toISOString(),
    media_type: mediaType,
  }))
  return taxii({ ...pagingOf(rows, hasMore), ...(objects.length === 0 ? {} : { objects }) }, { headers: datesOf(rows) })
}

/** A page of the versions of one object (§5.8.1). */
export function versions({ rows, hasMore }: FoundPage<Listed>): FileReply {
  const found = rows.map(({ version }) => version.toISOString())
  return taxii({ ...pagingOf(rows, hasMore), ...(found.length === 0 ? {} : { versions: found }) }, { headers: datesOf(rows) })
}

/** An error message (§3.6.1). */
export function taxiiError(status: number, title: string, description: string, more: object = {}): FileReply {
  return taxii({ title, description, http_status: String(status), ...more }, { status })
}

const NO_TOKEN = 'Send a token as the password of HTTP Basic, or as Bearer. People make them for their programs under /account/tokens.'

/** What the web server itself refuses, in the same form. */
export const taxiiFailure: FailureForm = ({ status, code, title, message }, requestId) => ({
  contentType: TAXII,
  body: JSON.stringify({
    title: status === 404 ? 'Not found' : title,
    // Who asks is a program: there is no page to come back to.
    description: code === 'platform.http.sign-in-needed' ? NO_TOKEN : message,
    error_id: requestId,
    error_code: code,
    http_status: String(status),
  }),
})

function pagingOf(rows: readonly Listed[], hasMore: boolean) {
  const last = rows.at(-1)
  return hasMore && last !== undefined ? { more: true, next: nextAfter(last.added) } : {}
}

function moreOf(rows: readonly Listed[], hasMore: boolean): string {
  const text = JSON.stringify(pagingOf(rows, hasMore))
  return text.slice(1, -1)
}

/** The headers by which a reader knows how far it has come (§3.2). */
function datesOf(rows: readonly Listed[]): Record<string, string> {
  const [first, last] = [rows[0], rows.at(-1)]
  if (first === undefined || last === undefined) return {}
  return { 'x-taxii-date-added-first': dateAdded(first.added), 'x-taxii-date-added-last': dateAdded(last.added) }
}

/** Bytes, since the web server writes the type of a text anew, and readers of TAXII compare it to the letter. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'utf8')
}
