import { pino, type DestinationStream, type Logger } from 'pino'

export type Log = Logger

/**
 * Structured logs, one JSON object a line, on standard error so that a command's output stays clean.
 *
 * They carry no personal data: log ids, codes and counts, never names, addresses, bodies or whole errors of the
 * database (which hold the values of the query). The redaction below is the second lock.
 */
export function createLog(level: string, destination: DestinationStream = pino.destination({ fd: 2, sync: true })): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          'email',
          'password',
          'token',
          'secret',
          'address',
          '*.email',
          '*.password',
          '*.token',
          '*.secret',
          '*.address',
          'req.headers',
          '*.parameters',
          '*.params',
        ],
        censor: '[redacted]',
      },
      serializers: { err: describeError, error: describeError },
    },
    destination,
  )
}

/** What of an error may be logged: its type, code and place, and the messages of our own errors; never a driver's values. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error }
  const { code, detail } = error as { code?: unknown; detail?: unknown }
  const isOurs = typeof code === 'string' && code.includes('.')
  return {
    type: error.name,
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
    message: error.message,
    detail: isOurs ? detail : undefined,
    stack: error.stack
      ?.split('\n')
      .slice(1, 8)
      .map(line => line.trim()),
    cause: error.cause === undefined ? undefined : describeError(error.cause),
  }
}
