import { Bug, CareCertError, Conflict, Forbidden, Invalid, InvalidParts, NotFound, SignInNeeded, TooMany, Unavailable } from '../../kernel/errors.ts'
import type { Problem } from '../../kernel/problem.ts'

/** What an error looks like from outside: an HTTP status, and words that are safe to show. */
export interface Failure {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly message: string
  /** Which parts of what was sent are wrong; empty where that is not known. */
  readonly problems: readonly Problem[]
}

const TABLE: readonly (readonly [new (...args: never[]) => CareCertError, number, string])[] = [
  [NotFound, 404, 'Page not found'],
  [SignInNeeded, 401, 'Sign in to go on'],
  [Forbidden, 403, 'You cannot do this'],
  [InvalidParts, 422, 'That cannot be used'],
  [Invalid, 400, 'That cannot be used'],
  [Conflict, 409, 'That cannot be done now'],
  [TooMany, 429, 'Too many tries'],
  [Unavailable, 503, 'Not available just now'],
]

/** The one table from errors to statuses. What is not in it is our fault, and its message stays in the log. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CareCertError && !(error instanceof Bug)) {
    for (const [type, status, title] of TABLE) {
      if (error instanceof type)
        return { status, title, code: error.code, message: error.message, problems: error instanceof InvalidParts ? error.problems : [] }
    }
  }
  return { ...otherFailure(error), problems: [] }
}

function otherFailure(error: unknown): Omit<Failure, 'problems'> {
  const { statusCode, code } = error as { statusCode?: number; code?: string }
  if (statusCode === 429) return { status: 429, title: 'Too many tries', code: 'platform.http.too-many', message: 'Wait a minute, then try again.' }
  if (statusCode === 405)
    return {
      status: 405,
      title: 'That cannot be done here',
      code: 'platform.http.method',
      message: 'This address does not take that method. The header Allow names those that it takes.',
    }
  if (statusCode === 413) return { status: 413, title: 'That is too large', code: 'platform.http.too-large', message: 'Send less at once.' }
  if (statusCode === 415)
    return {
      status: 415,
      title: 'That cannot be used',
      code: 'platform.http.media-type',
      message: 'A body of this type is not taken here. The JSON API takes application/json, pages take what forms send.',
    }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { status: statusCode, title: 'That cannot be used', code: 'platform.http.malformed', message: 'The request is not well formed.' }
  if (code === '57014')
    return {
      status: 503,
      title: 'That took too long',
      code: 'platform.db.too-long',
      message: 'The database took too long to answer. Narrow what you ask for, or try again.',
    }
  return {
    status: 500,
    title: 'Sorry, something went wrong',
    code: 'platform.http.broken',
    message: 'The fault is ours, and it is in the log under the reference below.',
  }
}
