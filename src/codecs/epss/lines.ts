import { Invalid } from '../../kernel/errors.ts'

/** No row of such a file is longer, nor is its first line. */
const LONGEST_LINE = 500

/** A piece that is longer is read in parts, so that few lines are held at a time however a file is handed over. */
const LONGEST_PIECE = 65_536

/**
 * The lines of a text that comes in pieces, packed with gzip or not, which its first bytes say. Some lines at a time are given, because
 * a step for each of hundreds of thousands takes longer than reading them. Only those of one piece are held.
 *
 * Throws `Invalid` for a line that is too long (`epss.line`) and for what is damaged or cut off (`epss.damaged`); what the pieces
 * themselves throw is passed on.
 */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[], void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of unpacked(pieces)) {
    for (let at = 0; at < piece.length; at += LONGEST_PIECE) {
      const lines = (rest + decoder.decode(piece.subarray(at, at + LONGEST_PIECE), { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      const tooLongAt = lines.findIndex(line => line.length > LONGEST_LINE)
      const sound = tooLongAt < 0 ? lines : lines.slice(0, tooLongAt)
      if (sound.length > 0) yield sound.map(line => (line.endsWith('\r') ? line.slice(0, -1) : line))
      if (tooLongAt >= 0 || rest.length > LONGEST_LINE) throw tooLong()
    }
  }
  rest += decoder.decode()
  if (rest !== '') yield [rest]
}

async function* unpacked(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source: AsyncIterator<Uint8Array, unknown> = pieces[Symbol.asyncIterator]()
  let start = new Uint8Array()
  while (start.length < GZIP.length) {
    const step = await source.next()
    if (step.done === true) break
    const longer = new Uint8Array(start.length + step.value.length)
    longer.set(start)
    longer.set(step.value, start.length)
    start = longer
  }
  const whole = joined(start, source)
  yield* GZIP.every((byte, at) => start[at] === byte) ? gunzip(whole) : whole
}

/** What a file packed with gzip starts with (RFC 1952 §2.3.1). */
const GZIP = [0x1f, 0x8b]

async function* joined(start: Uint8Array, rest: AsyncIterator<Uint8Array, unknown>): AsyncGenerator<Uint8Array> {
  try {
    yield start
    yield* { [Symbol.asyncIterator]: () => rest }
  } finally {
    await rest.return?.()
  }
}

async function* gunzip(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let failure: unknown
  const watched = (async function* () {
    try {
      yield* packed
    } catch (error) {
      failure = error
      throw error
    }
  })()
  try {
    yield* ReadableStream.from(watched).pipeThrough(new DecompressionStream('gzip'))
  } catch (error) {
    if (failure !== undefined) throw failure
    throw new Invalid(
      'epss.damaged',
      'The file is damaged, or was cut off while it was fetched: it cannot be unpacked to its end. Fetch it again.',
      String(error),
    )
  }
}

function tooLong(): Invalid {
  return new Invalid(
    'epss.line',
    `A line is longer than ${LONGEST_LINE} characters, which none is in a file of EPSS scores. It was not read further.`,
  )
}
