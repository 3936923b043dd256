/** One thing looked at: fit, fit with a caution, or broken; and in words what that means. */
export interface Finding {
  readonly about: string
  readonly verdict: 'good' | 'caution' | 'bad'
  readonly words: string
}
