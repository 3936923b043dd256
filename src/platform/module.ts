import type { Instant } from '../kernel/instant.ts'
import type { Role } from '../kernel/role.ts'
import type { Command } from './cli/command.ts'
import type { HomePart } from './home.ts'
import type { Route } from './http/route.ts'
import type { JobHandler } from './jobs/job.ts'
import type { Platform } from './platform.ts'
import type { Reader } from './work/read.ts'

/** One domain as the app sees it: everything that it adds, as data. `app/modules.ts` lists them in the order of the ladder. */
export interface Module {
  readonly name: string
  /** Permission → the roles that hold it. What is not in the table, nobody may do. */
  readonly permissions: Readonly<Record<string, readonly string[]>>
  readonly routes: readonly Route[]
  readonly jobs: readonly JobHandler<Platform>[]
  readonly commands: readonly Command[]
  /** The entries that it offers to the navigation, each shown to those who hold its permission. */
  readonly navigation: readonly NavigationEntry[]
  /** Its own figures for `/metrics`. */
  readonly metrics?: readonly MetricsHook[]
  readonly services?: readonly Service[]
  /** What it adds to the first page of an organisation, which a lower domain shows. */
  readonly home?: readonly HomePart[]
}

/** Something that runs as long as a worker does, beside its jobs: it listens. Gives `null` where the configuration asks for none. */
export interface Service {
  start(platform: Platform): Promise<{ stop(): Promise<void> } | null>
}

/** Figures that a domain reads when Prometheus asks: how things stand, and never what people wrote. */
export interface MetricsHook {
  readonly gauges: readonly GaugeDefinition[]
  /** Asked at every scrape, by the system and inside one read: so it costs a query or two. */
  read(db: Reader<never>, now: Instant): Promise<readonly GaugeSample[]>
}

export interface GaugeDefinition {
  /** `carecert_…`, with its unit last. */
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
}

export interface GaugeSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface NavigationEntry {
  readonly label: string
  readonly href: string
  readonly permission: string
  /** Lower comes first. A role sees at most five in the header, its home among them; the others stand in the footer. */
  readonly position: number
  /** The roles whose daily work it is: to them it comes before what is there for everybody. */
  readonly firstFor?: readonly Role[]
}
