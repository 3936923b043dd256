import type { Problem } from './problem.ts'

/**
 * The errors that stop a request. Each has
 * - `code`: stable, dotted, for machines and for the manual (`broadcast.bulletin.not-releasable`);
 * - `message`: a sentence for the person, that says what to do;
 * - `detail`: private, for the log; never shown, and free of personal data.
 *
 * Findings that are the answer itself (an import's bad rows, a form's faults) are returned as `Problem[]`, not thrown.
 */
export abstract class CareCertError extends Error {
  readonly code: string
  readonly detail: string | undefined

  constructor(code: string, message: string, detail?: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
    this.detail = detail
  }
}

/** It does not exist, or it lies outside what the actor may see: the two must look the same from outside. */
export class NotFound extends CareCertError {}

/** The actor is known and may know that the thing exists, but may not do this to it. */
export class Forbidden extends CareCertError {}

/** Nobody is signed in, and this needs somebody. */
export class SignInNeeded extends CareCertError {}

/** The input cannot be taken as it is. The message says what would be. */
export class Invalid extends CareCertError {}

/** As many faults as anybody reads at once: what was sent may hold a million. */
const MOST_PROBLEMS = 100

/**
 * Parts of what a machine sent cannot be taken. Each problem says which: a JSON Pointer (RFC 6901), or the name of a member. Of more than a hundred the
 * first hundred are told.
 */
export class InvalidParts extends Invalid {
  readonly problems: readonly Problem[]

  constructor(code: string, problems: readonly Problem[]) {
    const told = problems.slice(0, MOST_PROBLEMS)
    // Some end in a full stop, some do not.
    super(
      code,
      told
        .map(problem => problem.message)
        .join('. ')
        .replaceAll('.. ', '. '),
    )
    this.problems = told
  }
}

/** The input is well formed, but what it asks for does not fit the state that the thing is in. */
export class Conflict extends CareCertError {}

/** Too many of these in too short a time. */
export class TooMany extends CareCertError {}

/** Something outside this process (a database, a source, a mail server) cannot be reached just now. */
export class Unavailable extends CareCertError {}

/** We are wrong. The message is for us; the person is shown a reference and an apology. */
export class Bug extends CareCertError {}
