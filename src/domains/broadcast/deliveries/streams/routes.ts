import { z } from 'zod'
import { page, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork, type Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { resumeStream, stopStream } from './commands.ts'
import { parseStreamToken, STREAM_PATH, STREAM_PURPOSE, STREAMS, type StreamReader } from './model.ts'
import { contactsOfReader, type StreamContact } from './queries.ts'

/**
 * Stopping a stream from the link in a message. Opening the link changes nothing, for mail scanners open every link; a POST to it does, at
 * once: from the button on its page, or from the reader's mail program (RFC 8058), which brings no cookie and follows no redirect.
 */
const TokenParams = z.object({ token: z.string().max(200) })
const PUBLIC = { public: 'The link is signed for one reader and one stream, and can only stop it or take that back.' }
const isOneClick = 'A mail program posts it, which comes from no page of ours (RFC 8058).'

const show = route({
  method: 'GET',
  path: `${STREAM_PATH}/:token`,
  access: PUBLIC,
  perMinute: 60,
  params: TokenParams,
  handle: request => streamPage(request, request.params.token),
})

const stop = route({
  method: 'POST',
  path: `${STREAM_PATH}/:token`,
  access: PUBLIC,
  perMinute: 600,
  crossSite: isOneClick,
  params: TokenParams,
  handle: request => change(request, request.params.token, (work, reader) => stopStream(work, reader, 'unsubscribed')),
})

const resume = route({
  method: 'POST',
  path: `${STREAM_PATH}/:token/undo`,
  access: PUBLIC,
  perMinute: 30,
  params: TokenParams,
  handle: request => change(request, request.params.token, resumeStream),
})

async function change(request: RouteRequest, token: string, command: (work: Work<Visible>, reader: StreamReader) => Promise<number>): Promise<Reply> {
  const reader = readerOf(request, token)
  if (reader === undefined) return unknown()
  await runWork<Visible, number>(request.platform, SYSTEM, work => command(work, reader), request.requestId)
  return streamPage(request, token)
}

async function streamPage(request: RouteRequest, token: string): Promise<Reply> {
  const reader = readerOf(request, token)
  const contacts =
    reader === undefined ? [] : await readAs<Visible, readonly StreamContact[]>(request.platform, SYSTEM, db => contactsOfReader(db, reader))
  if (reader === undefined || contacts.length === 0) return unknown()
  const { label } = STREAMS[reader.stream]
  const isOn = contacts.some(contact => contact.isOn)
  const mayStop = contacts.some(contact => !contact.isStopped)
  const title = isOn ? `Stop ${label}?` : mayStop ? `You get no ${label}` : `You no longer get ${label}`
  return page('broadcast/deliveries/streams/views/stream.njk', title, {
    title,
    label,
    isOn,
    mayStop,
    canUndo: contacts.some(contact => contact.isStoppedByLink),
    isBulletins: reader.stream === 'bulletins',
    organisations: contacts.map(({ organisationName }) => organisationName),
    action: mayStop ? `${STREAM_PATH}/${token}` : `${STREAM_PATH}/${token}/undo`,
  })
}

function readerOf({ platform }: RouteRequest, token: string): StreamReader | undefined {
  const parsed = parseStreamToken(token)
  return parsed !== undefined && platform.signer.verify(STREAM_PURPOSE, parsed.reader.id, parsed.signature) ? parsed.reader : undefined
}

/** A link that is not ours, was cut, or whose contact has gone: from outside they look the same. */
function unknown(): Reply {
  return page('broadcast/deliveries/streams/views/unknown.njk', 'This link does not work', {}, { status: 404 })
}

export const streamRoutes: readonly Route[] = [show, stop, resume]
