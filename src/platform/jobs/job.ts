import type { ZodType } from 'zod'

/** The name of a kind of job and the shape of what it is given. Commands enqueue by it; one `JobHandler` takes it up. */
export interface JobKind<P extends object> {
  /** `domain.what-is-done`, such as `broadcast.deliver`. */
  readonly name: string
  readonly payload: ZodType<P>
  /** Whether asking again while one with the same `onceKey` waits adds nothing: for work that looks at everything anyway. */
  readonly atMostOneWaiting?: boolean
}

export interface JobHandler<Context, P extends object = object> {
  readonly kind: JobKind<P>
  /** What it does, for the operator's page. */
  readonly purpose: string
  /** How often it is tried again when it fails, each time after a longer pause. */
  readonly retries: number
  /** The first pause in seconds; it doubles, with jitter, up to an hour. */
  readonly retryAfterSeconds: number
  /** After so many seconds without an end the attempt counts as failed, and another worker takes the job. */
  readonly expireAfterSeconds: number
  /** How many loops of one worker process take it up side by side, so that a slow one delays no other. One when not set. */
  readonly loops?: number
  /** Whether somebody is waiting for it: it is noticed within half a second rather than two. */
  readonly isUrgent?: boolean
  /** When set, it also runs by the clock: five cron fields, Europe/London. */
  readonly cron?: string
  handle(context: Context, payload: P, signal: AbortSignal): Promise<void>
}

/** Ties a handler to its kind, so that the payload's type follows. */
export function handles<Context, P extends object>(kind: JobKind<P>, handler: Omit<JobHandler<Context, P>, 'kind'>): JobHandler<Context> {
  // The queue hands over what `kind.payload` has parsed, so the narrower payload is safe behind the wider type.
  return { ...handler, kind }
}

/** A job waiting to be committed with the work that asked for it. */
export interface QueuedJob {
  readonly name: string
  readonly payload: object
  /** Not before so many seconds from now. */
  readonly delaySeconds: number
  /** What tells one waiting job from another, for kinds that allow at most one. */
  readonly onceKey: string | null
}
