import { parseCsaf, readCsaf, recognisesCsaf } from '../../../codecs/csaf/advisory.ts'
import { readProducts } from '../../../codecs/cve/affected.ts'
import { readCve, recognisesCve } from '../../../codecs/cve/record.ts'
import { scoreCvss } from '../../../codecs/cvss/score.ts'
import { readKevCatalogue, recognisesKev } from '../../../codecs/kev/catalogue.ts'
import { parseKevCsv, recognisesKevCsv } from '../../../codecs/kev/csv.ts'
import { readNhsCyberAlerts, recognisesNhsCyberAlerts } from '../../../codecs/nhs-cyber-alerts/page.ts'
import { readNvd, recognisesNvd } from '../../../codecs/nvd/page.ts'
import { decodeText } from '../../../kernel/encoding.ts'
import type { IntelligenceBatch } from '../../../kernel/intelligence.ts'
import { parseJson } from '../../../kernel/json.ts'
import { fail, type Problem, type Result } from '../../../kernel/problem.ts'

interface JsonFormat {
  recognises(json: unknown): boolean
  read(json: unknown): Result<IntelligenceBatch>
}

/** The formats in JSON, asked in this order. */
const JSON_FORMATS: readonly JsonFormat[] = [
  { recognises: recognisesKev, read: readKevCatalogue },
  { recognises: recognisesNhsCyberAlerts, read: readNhsCyberAlerts },
  { recognises: recognisesCve, read: json => readCve(json, scoreCvss) },
  { recognises: recognisesNvd, read: json => readNvd(json, { scoreCvss, readAffected: readProducts }) },
  { recognises: recognisesCsaf, read: json => readCsaf(json, scoreCvss) },
]

/**
 * Reads the bytes of a document by what they hold, never by a name or a declared type. Fails with the problem of the codec, or
 * `gather.not-recognised` when it is sound JSON of no kind that is read here.
 */
export function recognise(bytes: Uint8Array): Result<IntelligenceBatch> {
  const text = decodeText(bytes)
  if (!text.ok) return fail({ rule: 'gather.not-text', pointer: '', severity: 'error', message: NOT_TEXT })
  const batch = readText(text.value)
  return batch.ok ? { ...batch, problems: [...text.problems, ...batch.problems] } : batch
}

function readText(text: string): Result<IntelligenceBatch> {
  if (/^\s*</.test(text)) return parseCsaf(text, scoreCvss)
  if (recognisesKevCsv(text)) return parseKevCsv(text)
  const json = parseJson(text)
  if (!json.ok) return json
  const format = JSON_FORMATS.find(candidate => candidate.recognises(json.value))
  return format === undefined ? notRecognised(readCsaf(json.value, scoreCvss).problems) : format.read(json.value)
}

const NOT_TEXT =
  'This is not text in UTF-8, so it is no feed or advisory: a program, an archive or another binary file, or a damaged one. Fetch the JSON file itself.'

/** The codec of CSAF knows the lists and feeds that are mistaken for advisories, and says what to gather instead. */
function notRecognised(csafProblems: readonly Problem[]): Result<never> {
  const listing = csafProblems.find(problem => problem.rule === 'csaf.listing')
  if (listing !== undefined) return fail(listing)
  const message =
    'This is JSON, but of no kind that can be gathered: neither the CISA catalogue of exploited flaws, nor a CVE record, a page of the NVD or of NHS cyber alerts, nor a CSAF advisory.'
  return fail({ rule: 'gather.not-recognised', pointer: '', severity: 'error', message })
}
