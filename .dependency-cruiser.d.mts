interface Rule {
  readonly name: string
  readonly severity: 'error'
  /** What to do instead. */
  readonly comment: string
  readonly from: object
  readonly to: object
}

export declare const FLOORS: readonly string[]
export declare const LADDER: readonly string[]

declare const configuration: { readonly forbidden: readonly Rule[]; readonly options: object }
export default configuration
