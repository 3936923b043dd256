import type { Instant, LocalDate } from '../kernel/instant.ts'
import type { Tag } from './labels.ts'

/** The shapes that our macros take, so that a slice's `views.ts` is checked by the compiler. Texts are plain; the macros escape them. */

/** One cell of a table. `null` is shown as a dash. Several keys combine: what stands first, then tags, then the hint below. */
export type Cell = string | number | null | CellParts

export interface CellParts {
  readonly text?: string | undefined
  readonly number?: number | null | undefined
  /** What a live address calls this figure. */
  readonly name?: string | undefined
  /** A point in time, shown as "2 hours ago" with the exact one in the title. */
  readonly at?: Instant | null | undefined
  /** A calendar date, or an instant of which only the day matters. */
  readonly date?: Instant | LocalDate | null | undefined
  /** Makes the text, number or time a link. */
  readonly href?: string | undefined
  readonly tlp?: string | undefined
  readonly tags?: readonly Tag[] | undefined
  /** A second line in small, quiet type. */
  readonly hint?: string | undefined
  /** A bar of parts of a whole, as in the funnel. */
  readonly bar?: readonly BarSegment[] | undefined
}

export interface Column {
  readonly text: string
  readonly format?: 'numeric' | undefined
  /** With `href`, the heading is a link that sorts by this column. Make both with `sortColumn` of `links.ts`. */
  readonly sort?: 'ascending' | 'descending' | 'none' | undefined
  readonly href?: string | undefined
}

export interface TableModel {
  readonly caption: string
  readonly captionSize?: 's' | 'm' | 'l' | undefined
  readonly captionHidden?: boolean | undefined
  readonly id?: string | undefined
  readonly head: readonly Column[]
  /** The first cell of a row is its heading. */
  readonly rows: readonly (readonly Cell[])[]
}

export interface BarSegment {
  readonly label: string
  readonly count: number
  /** The list behind the figure. */
  readonly href?: string | undefined
  /** What the figure is called in the answers of a live address. */
  readonly name?: string | undefined
  readonly tone: BarTone
}

/** `done` decided and finished, `busy` under way, `seen` acknowledged, `declined` chose not to act or not applicable, `silent` no answer, `unreachable` no way to them. */
export type BarTone = 'done' | 'busy' | 'seen' | 'declined' | 'silent' | 'unreachable'

/** Something a person may do: a link, or a button in a form of its own. Offer only what policy and lifecycle allow. */
export interface Action {
  readonly label: string
  readonly href: string
  readonly method?: 'get' | 'post' | undefined
  /** Whether the person must say why; asked for in a panel that opens, posted as `reason`. */
  readonly reason?: 'required' | 'optional' | 'none' | undefined
  readonly variant?: 'secondary' | 'warning' | undefined
  /** Hidden values that the form sends too. */
  readonly values?: Readonly<Record<string, string>> | undefined
  /** The key that presses it, listed under `?`. */
  readonly key?: string | undefined
  /** The reason that was typed for it and what was wrong, when it comes back: made by `afterRefusal` of `refusal.ts`. */
  readonly refused?: { readonly reason: string; readonly message: string } | undefined
}

export type FieldKind =
  | 'text'
  | 'email'
  | 'tel'
  | 'number'
  | 'password'
  | 'code'
  | 'textarea'
  | 'markdown'
  | 'select'
  | 'radios'
  | 'checkboxes'
  | 'checkbox'
  | 'date'
  | 'file'
  | 'hidden'

export interface FieldOption {
  readonly value: string
  readonly text: string
  readonly hint?: string | undefined
  /** Fields that appear when this option is chosen (radios and checkboxes). */
  readonly fields?: readonly Field[] | undefined
  /** The word "or" between this option and the one before. */
  readonly divider?: string | undefined
}

export interface Field {
  readonly name: string
  readonly label: string
  readonly kind: FieldKind
  readonly hint?: string | undefined
  readonly options?: readonly FieldOption[] | undefined
  /** A list for checkboxes; `2018-04-05` or the three parts as typed for a date. */
  readonly value?: string | number | boolean | readonly string[] | DateParts | null | undefined
  readonly error?: string | undefined
  /** In characters: 2, 3, 4, 5, 10, 20 or 30. */
  readonly width?: 2 | 3 | 4 | 5 | 10 | 20 | 30 | undefined
  readonly rows?: number | undefined
  readonly maxlength?: number | undefined
  readonly autocomplete?: string | undefined
  readonly optional?: boolean | undefined
  /** File kinds that the picker offers, such as `.csv`. */
  readonly accept?: string | undefined
  readonly multiple?: boolean | undefined
}

/** A date as typed, posted as `name-day`, `name-month` and `name-year`. */
export interface DateParts {
  readonly day: string
  readonly month: string
  readonly year: string
}
