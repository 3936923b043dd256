import type { ScoreCvss } from '../../kernel/cvss.ts'
import type { IntelligenceProduct } from '../../kernel/intelligence.ts'
import type { JsonRecord } from '../../kernel/json.ts'

/** What other codecs read that vulnerabilities of the NVD have in them; no codec knows another. */
export interface NvdReaders {
  readonly scoreCvss: ScoreCvss
  /** Reads the `affected` lists of CVE records, which the NVD passes on. */
  readonly readAffected: (holders: readonly JsonRecord[]) => readonly IntelligenceProduct[]
}
