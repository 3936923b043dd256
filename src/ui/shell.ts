import type { Instant } from '../kernel/instant.ts'
import type { Problem } from '../kernel/problem.ts'

/** What every page is given besides its own model, under the key `shell`. The HTTP platform fills it for each request. */
export interface PageShell {
  readonly productName: string
  /** What the page is, for the browser's tab: "CC-5001 EMIS Web". The product's name is put after it. */
  readonly pageTitle: string
  /** Five entries at most. */
  readonly navigation: readonly NavigationItem[]
  /** What the role may open besides: it stands in the footer. */
  readonly moreNavigation: readonly NavigationItem[]
  /** Who is signed in; `null` when nobody is. */
  readonly account: Account | null
  /** Goes into every form that posts, as `_csrf`. */
  readonly csrfToken: string
  /** The banner after something was done; it also tells the browser that the draft it kept is no longer needed. */
  readonly notice: string | null
  /** What was wrong with the form that was sent; each pointer is the name of a field. */
  readonly problems: readonly Problem[]
  /** Whether anything on the page belongs to an exercise. */
  readonly exercise: boolean
  /** Whether the data is the invented sample. */
  readonly sample: boolean
  /** Where the mail of the sample is read, if it has a mailbox of its own. */
  readonly mailbox: string | null
  /** What a person quotes when something went wrong. */
  readonly requestId: string
  /** The time of the request: every relative time on the page is measured from it. */
  readonly now: Instant
}

export interface NavigationItem {
  readonly label: string
  readonly href: string
  readonly current: boolean
}

export interface Account {
  readonly name: string
  /** The organisation or body acted for: "Mersey Vale Hospital". */
  readonly acting: string
  /** In what role: "Cyber lead". */
  readonly roleLabel: string
  /** Whether there is another organisation or role to switch to, at `/account#acting`. */
  readonly canSwitch: boolean
}
