import { parseCsaf, readCsaf, recognisesCsaf } from '../../../codecs/csaf/advisory.ts'
import { readProducts } from '../../../codecs/cve/affected.ts'
import { readCve, recognisesCve } from '../../../codecs/cve/record.ts'
import { scoreCvss } from '../../../codecs/cvss/score.ts'
import { beginsAsXml, decodeXml } from '../../../codecs/feed/encoding.ts'
import { parseFeed, readJsonFeed, recognisesFeed, recognisesJsonFeed } from '../../../codecs/feed/feed.ts'
import { readKevCatalogue, recognisesKev } from '../../../codecs/kev/catalogue.ts'
import { parseKevCsv, recognisesKevCsv } from '../../../codecs/kev/csv.ts'
import { readMisp, recognisesMisp } from '../../../codecs/misp/events.ts'
import { readNhsCyberAlerts, recognisesNhsCyberAlerts } from '../../../codecs/nhs-cyber-alerts/page.ts'
import { readNvd, recognisesNvd } from '../../../codecs/nvd/page.ts'
import { readStix, recognisesStix } from '../../../codecs/stix/bundle.ts'
import { recognisesStix1Xml, refuseStix1 } from '../../../codecs/stix/stix1.ts'
import { decodeText } from '../../../kernel/encoding.ts'
import type { IntelligenceBatch } from '../../../kernel/intelligence.ts'
import { parseJson, type JsonRecord } from '../../../kernel/json.ts'
import { fail, type Problem, type Result } from '../../../kernel/problem.ts'

interface JsonFormat {
  recognises(json: unknown): boolean
  read(json: unknown, address: string | null, known: readonly JsonRecord[]): Result<IntelligenceBatch>
}

/** The formats in JSON, asked in this order. */
const JSON_FORMATS: readonly JsonFormat[] = [
  { recognises: recognisesKev, read: readKevCatalogue },
  { recognises: recognisesNhsCyberAlerts, read: readNhsCyberAlerts },
  { recognises: recognisesCve, read: json => readCve(json, scoreCvss) },
  { recognises: recognisesNvd, read: json => readNvd(json, { scoreCvss, readAffected: readProducts }) },
  { recognises: recognisesCsaf, read: json => readCsaf(json, scoreCvss) },
  { recognises: recognisesJsonFeed, read: readJsonFeed },
  { recognises: recognisesStix, read: (json, _address, known) => readStix(json, known) },
  { recognises: recognisesMisp, read: readMisp },
]

/** Where a document came from, as far as that helps to read it. */
export interface Origin {
  /** Where it was fetched, against which relative links of a feed are meant. */
  readonly address?: string | null
  /** The `Content-Type` that it came with: a feed's letters may be encoded as only that says. What the document is it never decides. */
  readonly contentType?: string | null
  /** What earlier documents of its source held that it may refer to, such as the markings of STIX. */
  readonly known?: readonly JsonRecord[]
}

/**
 * Reads the bytes of a document by what they hold, never by a name or a declared type. Fails with the problem of the codec, or
 * `gather.not-recognised` when it is sound JSON of no kind that is read here.
 */
export function recognise(bytes: Uint8Array, { address = null, contentType = null, known = [] }: Origin = {}): Result<IntelligenceBatch> {
  const isXml = beginsAsXml(bytes)
  const text = isXml ? decodeXml(bytes, contentType) : decodeText(bytes)
  if (!text.ok) return fail({ rule: 'gather.not-text', pointer: '', severity: 'error', message: NOT_TEXT })
  const batch = isXml ? readXml(text.value, address) : readText(text.value, address, known)
  return batch.ok ? { ...batch, problems: [...text.problems, ...batch.problems] } : batch
}

/** Feeds are asked first, since they may speak of the others: STIX 1 and CVRF, which are refused by what they are. */
function readXml(text: string, address: string | null): Result<IntelligenceBatch> {
  if (recognisesFeed(text)) return parseFeed(text, address)
  if (recognisesStix1Xml(text)) return refuseStix1()
  return /cvrf/i.test(text.slice(0, 2_000)) ? parseCsaf(text, scoreCvss) : parseFeed(text, address)
}

function readText(text: string, address: string | null, known: readonly JsonRecord[]): Result<IntelligenceBatch> {
  if (recognisesKevCsv(text)) return parseKevCsv(text)
  const json = parseJson(text)
  return json.ok ? recogniseJson(json.value, address, known) : json
}

/** As `recognise`, of JSON that has been parsed. */
export function recogniseJson(json: unknown, address: string | null, known: readonly JsonRecord[]): Result<IntelligenceBatch> {
  const format = JSON_FORMATS.find(candidate => candidate.recognises(json))
  return format === undefined ? notRecognised(readCsaf(json, scoreCvss).problems) : format.read(json, address, known)
}

const NOT_TEXT =
  'This is not text in UTF-8, so it is no feed or advisory: a program, an archive or another binary file, or a damaged one. Fetch the JSON file itself.'

/** The codec of CSAF knows the lists and feeds that are mistaken for advisories, and says what to gather instead. */
function notRecognised(csafProblems: readonly Problem[]): Result<never> {
  const listing = csafProblems.find(problem => problem.rule === 'csaf.listing')
  if (listing !== undefined) return fail(listing)
  const message =
    'This is JSON, but of no kind that can be gathered: neither the CISA catalogue of exploited flaws, nor a CVE record, a page of the NVD or of NHS cyber alerts, a CSAF advisory, a news feed, STIX, nor an event of MISP.'
  return fail({ rule: 'gather.not-recognised', pointer: '', severity: 'error', message })
}
