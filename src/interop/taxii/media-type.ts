/** What a media range of `Accept` may say for TAXII 2.1 (§1.6.8.1): with the version, without one, or anything. */
const TAKEN = /^(?:\*\/\*|application\/\*|application\/taxii\+json(?:;version="?2\.1"?)?)$/

/** Whether who asks takes TAXII 2.1. Who says nothing takes anything (RFC 9110 §12.5.1); a weight of 0 is a refusal. */
export function accepts(accept: string | null): boolean {
  if (accept === null || accept.trim() === '') return true
  return accept.split(',').some(range => {
    const parts = range
      .toLowerCase()
      .split(';')
      .map(part => part.trim())
    const weight = parts.find(part => part.startsWith('q='))
    const rest = parts.filter(part => !/^(?:q|charset)=/.test(part)).join(';')
    return TAKEN.test(rest) && (weight === undefined || Number(weight.slice(2)) > 0)
  })
}

/** Whether a body says that it is TAXII 2.1. */
export function isTaxii(contentType: string | null): boolean {
  return /^application\/taxii\+json\s*(?:;\s*(?:version="?2\.1"?|charset="?utf-8"?)\s*)*$/i.test(contentType ?? '')
}
