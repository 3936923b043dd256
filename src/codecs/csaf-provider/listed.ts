/** A document as a feed or a folder lists it. */
export interface ListedDocument {
  readonly address: string
  /** Where its hashes are: `.sha256`, `.sha512`. */
  readonly hashes: readonly string[]
  /** Where its OpenPGP signature is. */
  readonly signature: string | null
  /** When it was last changed, as the list says it: another text means another state. `null` when it does not say. */
  readonly updated: string | null
}
