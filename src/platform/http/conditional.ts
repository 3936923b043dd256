import type { IncomingHttpHeaders } from 'node:http'

/**
 * Whether who asks has the answer of those headers already (RFC 9110 §13.2.2): by `If-None-Match`, compared weakly as §13.1.2 asks, so that a
 * proxy which packed the answer and marked its tag weak is understood; only without that header by `If-Modified-Since`, which knows whole
 * seconds.
 */
export function isUnchanged(asked: IncomingHttpHeaders, { etag, 'last-modified': lastModified }: Readonly<Record<string, string>>): boolean {
  const noneMatch = asked['if-none-match']
  if (noneMatch !== undefined) {
    const held = noneMatch.split(',').map(tag => tag.trim().replace(/^W\//, ''))
    return etag !== undefined && (held.includes('*') || held.includes(etag))
  }
  // A time that cannot be read is no number, which is less than none.
  return Date.parse(lastModified ?? '') <= Date.parse(asked['if-modified-since'] ?? '')
}
