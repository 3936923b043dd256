import type { Signer } from './auth/signer.ts'
import type { Clock } from './clock/clock.ts'
import type { Config, Secrets } from './config/config.ts'
import type { Database } from './db/database.ts'
import type { Fetcher } from './fetch/fetch.ts'
import type { HomePart } from './home.ts'
import type { Jobs } from './jobs/jobs.ts'
import type { Log } from './log/log.ts'
import type { Mailbox } from './mail/mailbox.ts'
import type { MailTransport } from './mail/transport.ts'
import type { Solve } from './solve/solve.ts'
import type { TextTransport } from './texts.ts'
import type { Views } from './views.ts'

/** Every effect that the product has on the world, made once in `app/compose.ts` and passed as an argument. */
export interface Platform {
  readonly config: Config
  readonly log: Log
  readonly clock: Clock
  readonly database: Database
  readonly jobs: Jobs
  readonly mail: MailTransport
  /** The built-in mailbox of the sample sector, where this process runs it. */
  readonly mailbox: Mailbox | null
  readonly texts: TextTransport
  readonly fetch: Fetcher
  /** The same for addresses that members name: nothing that is open to sources inside private networks is open to them, kept connections included. */
  readonly outward: Fetcher
  /** Works out what would hold up everybody's pages, in threads of its own. */
  readonly solve: Solve
  readonly views: Views
  readonly signer: Signer
  readonly secrets: Pick<Secrets, 'oidc' | 'sourceCredentials' | 'notifyCallbackToken'>
  /** What the modules add to an organisation's first page. */
  readonly home: readonly HomePart[]
  /** Whether this is the invented sample sector, where a visitor may sign in with one click. */
  readonly sample: boolean
}
