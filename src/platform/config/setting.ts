/** One setting: where it is read from, what it means, and what it is when nothing is said. `carecert doctor --config` prints them all. */
export interface Setting {
  readonly name: string
  readonly meaning: string
  readonly fallback: string
  /** Never printed, logged or put in an address. */
  readonly secret: boolean
}

export function setting(name: string, fallback: string, meaning: string, secret = false): Setting {
  return { name, meaning, fallback, secret }
}
