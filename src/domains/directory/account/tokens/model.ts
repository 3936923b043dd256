import type { Instant } from '../../../../kernel/instant.ts'

/** What a token may do, chosen as a whole or one by one. */
export const BUNDLES = {
  read: { label: 'Read only', hint: 'It sees what you see, and changes nothing' },
  everything: { label: 'Everything that I may do', hint: 'It can do what you do in this role, save what touches how people sign in' },
  chosen: { label: 'What I choose', hint: 'The least that the program needs is best' },
} as const

export type Bundle = keyof typeof BUNDLES

/** For how long, as offered; what the policy does not allow is left out. */
export const DAYS = [7, 30, 90, 180, 365] as const

/** A token that works, or worked: never the token itself. */
export interface TokenRow {
  readonly id: string
  readonly name: string
  readonly personId: string
  readonly person: string
  readonly role: string
  readonly organisation: string
  readonly scopes: readonly string[]
  readonly madeAt: Instant
  readonly expiresAt: Instant
  readonly lastUsedAt: Instant | null
  readonly revokedAt: Instant | null
  /** Whether its person still holds the role. Without it, it does nothing. */
  readonly isHeld: boolean
}

export interface TokenPolicy {
  readonly longestDays: number
  readonly requestsPerMinute: number
}

/** Whether a permission lets somebody look at something and no more: so it is by how permissions are named, and a test holds the routes against it. */
export function isReading(permission: string): boolean {
  return /\.(view|list|read)$/.test(permission)
}

/** The scopes that a choice comes to: never more than the role holds. */
export function scopesOf(bundle: Bundle, chosen: readonly string[], held: ReadonlySet<string>): readonly string[] {
  const sorted = [...held].toSorted()
  if (bundle === 'everything') return sorted
  return bundle === 'read' ? sorted.filter(isReading) : sorted.filter(permission => chosen.includes(permission))
}

/** Whether it works at that time. */
export function works(token: TokenRow, now: Instant): boolean {
  return token.revokedAt === null && token.expiresAt > now && token.isHeld
}
