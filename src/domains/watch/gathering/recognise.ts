import { parseCsaf, readCsaf, recognisesCsaf } from '../../../codecs/csaf/advisory.ts'
import { readKevCatalogue, recognisesKev } from '../../../codecs/kev/catalogue.ts'
import { readNhsCyberAlerts, recognisesNhsCyberAlerts } from '../../../codecs/nhs-cyber-alerts/page.ts'
import { decodeText } from '../../../kernel/encoding.ts'
import type { IntelligenceBatch } from '../../../kernel/intelligence.ts'
import { parseJson } from '../../../kernel/json.ts'
import { fail, type Problem, type Result } from '../../../kernel/problem.ts'

/**
 * Reads the bytes of a document by what they hold, never by a name or a declared type. Fails with the problem of the codec, or
 * `gather.not-recognised` when it is sound JSON of no kind that is read here.
 */
export function recognise(bytes: Uint8Array): Result<IntelligenceBatch> {
  const text = decodeText(bytes)
  if (!text.ok) return fail({ rule: 'gather.not-text', pointer: '', severity: 'error', message: NOT_TEXT })
  if (/^\s*</.test(text.value)) return parseCsaf(text.value)
  const json = parseJson(text.value)
  if (!json.ok) return json
  const { value } = json
  const batch = recognisesKev(value)
    ? readKevCatalogue(value)
    : recognisesNhsCyberAlerts(value)
      ? readNhsCyberAlerts(value)
      : recognisesCsaf(value)
        ? readCsaf(value)
        : notRecognised(readCsaf(value).problems)
  return batch.ok ? { ...batch, problems: [...text.problems, ...batch.problems] } : batch
}

const NOT_TEXT =
  'This is not text in UTF-8, so it is no feed or advisory: a program, an archive or another binary file, or a damaged one. Fetch the JSON file itself.'

/** The codec of CSAF knows the lists and feeds that are mistaken for advisories, and says what to gather instead. */
function notRecognised(csafProblems: readonly Problem[]): Result<never> {
  const listing = csafProblems.find(problem => problem.rule === 'csaf.listing')
  if (listing !== undefined) return fail(listing)
  const message =
    'This is JSON, but of no kind that can be gathered: neither the CISA catalogue of exploited flaws, nor a page of NHS cyber alerts, nor a CSAF advisory.'
  return fail({ rule: 'gather.not-recognised', pointer: '', severity: 'error', message })
}
