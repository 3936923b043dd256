import { parseInstant, type Instant } from '../../kernel/instant.ts'

/** Reads a STIX timestamp (STIX 2.1 §2.16: RFC 3339 in UTC). One without its `Z` is read as UTC. */
export function parseTime(text: string): Instant | undefined {
  return parseInstant(text) ?? parseInstant(`${text}Z`)
}

/** As an ISO 8601 text in UTC, or `null`. */
export function timeText(text: string | undefined): string | null {
  return text === undefined ? null : (parseTime(text)?.toISOString() ?? null)
}
