/** How the frameworks that come with the product are written down. A merged migration is never edited, so its shapes are its own. */
export interface ShippedFramework {
  readonly id: string
  readonly code: string
  readonly version: string
  readonly name: string
  readonly description: string
  readonly subject: 'organisation' | 'service'
  readonly levels: readonly { readonly code: string; readonly label: string; readonly tone: 'good' | 'partial' | 'bad' }[]
  readonly rule: {
    readonly steps: readonly { readonly when: 'any' | 'all'; readonly of: string; readonly gives: string }[]
    readonly otherwise: string
  }
  readonly groups: readonly ShippedGroup[]
}

export interface ShippedGroup {
  readonly code: string
  readonly title: string
  readonly description: string
  readonly outcomes: readonly ShippedOutcome[]
}

export interface ShippedOutcome {
  readonly code: string
  readonly title: string
  readonly description: string
  /** The statements of each level's list. */
  readonly lists: Readonly<Record<string, readonly string[]>>
}

export interface ShippedCrosswalk {
  readonly id: string
  readonly from: readonly [code: string, version: string]
  readonly to: readonly [code: string, version: string]
  readonly name: string
  readonly source: string
  readonly pairs: readonly (readonly [from: string, to: string, relation: 'equal' | 'subset' | 'superset' | 'intersect', rationale: string])[]
}
