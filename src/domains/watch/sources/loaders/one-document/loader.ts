import type { IntelligenceFormat } from '../../../../../kernel/intelligence.ts'
import { isRecord, type Json } from '../../../../../kernel/json.ts'
import type { Validators } from '../../../../../platform/fetch/fetch.ts'
import type { Loader } from '../../loader.ts'

/**
 * A source that gives all that it has, or its newest, in one document: CISA's catalogue, a news feed. It is asked whether that has changed
 * since (ETag, Last-Modified); where the server does not say, the hash of what comes shows it.
 */
export function oneDocumentLoader(format: IntelligenceFormat): Loader {
  return {
    format,
    async *load({ url, cursor }, out) {
      const known = readValidators(cursor)
      const answer = await out.get(url, { intoFile: true, ...(known === null ? {} : { validators: known }) })
      const { etag, lastModified } = answer.validators
      const after = (): Json => (answer.isUnchanged ? cursor : { etag, lastModified })
      if (answer.isUnchanged) {
        yield { kind: 'checked', address: url, cursor: after }
        return
      }
      const { bytes, file, type: contentType } = answer
      yield { kind: 'document', address: url, bytes, file, contentType, tlp: null, integrity: null, remarks: [], cursor: after }
    },
  }
}

function readValidators(cursor: Json): Validators | null {
  if (!isRecord(cursor)) return null
  const { etag, lastModified } = cursor
  const [tag, time] = [typeof etag === 'string' ? etag : null, typeof lastModified === 'string' ? lastModified : null]
  return tag === null && time === null ? null : { etag: tag, lastModified: time }
}
