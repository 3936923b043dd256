/** One finding about a document, a row or a form field: what is wrong, where, and what to do. */
export interface Problem {
  /** Stable name of the rule that was broken, such as `kev.entry.cve-id` or `ods.row.columns`. */
  readonly rule: string
  /** Where: a JSON Pointer (RFC 6901), a form field's name, or `line 12`. Empty for the whole. */
  readonly pointer: string
  readonly severity: 'error' | 'warning'
  /** A sentence for the person who sent it. */
  readonly message: string
}

/** The outcome of reading something that may be faulty. `ok` says whether `value` can be used. */
export type Result<T> =
  | { readonly ok: true; readonly value: T; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }

export function succeed<T>(value: T, problems: readonly Problem[] = []): Result<T> {
  return { ok: true, value, problems }
}

export function fail(...problems: readonly Problem[]): Result<never> {
  return { ok: false, problems }
}
