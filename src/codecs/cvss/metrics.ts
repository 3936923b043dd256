import type { CvssVersion } from '../../kernel/intelligence.ts'

/** The metrics of one version of CVSS with the values that each may have. */
export interface MetricTable {
  /** What a vector starts with, up to the first metric. */
  readonly prefix: string
  /** Each must stand in a vector. */
  readonly base: Metrics
  /** Of exploits and fixes: "temporal" in CVSS 2 and 3, "threat" in CVSS 4.0. */
  readonly temporal: Metrics
  readonly environmental: Metrics
  /** Change no score. */
  readonly supplemental: Metrics
  /** The value that says that a metric is not defined. */
  readonly undefinedValue: string
}

export type Metrics = ReadonlyMap<string, readonly string[]>

const VERSION_3 = {
  base: metrics('AV:NALP AC:LH PR:NLH UI:NR S:UC C:HLN I:HLN A:HLN'),
  temporal: metrics('E:XHFPU RL:XUWTO RC:XCRU'),
  environmental: metrics('CR:XHML IR:XHML AR:XHML MAV:XNALP MAC:XLH MPR:XNLH MUI:XNR MS:XUC MC:XHLN MI:XHLN MA:XHLN'),
  supplemental: metrics(''),
  undefinedValue: 'X',
}

/** CVSS 2.0 guide §2.4, CVSS 3.0 and 3.1 specification §6, CVSS 4.0 specification §7. */
export const METRIC_TABLES: Readonly<Record<CvssVersion, MetricTable>> = {
  '2.0': {
    prefix: '',
    base: metrics('AV:NAL AC:LMH Au:NSM C:NPC I:NPC A:NPC'),
    temporal: metrics('E:U,POC,F,H,ND RL:OF,TF,W,U,ND RC:UC,UR,C,ND'),
    environmental: metrics('CDP:N,L,LM,MH,H,ND TD:N,L,M,H,ND CR:L,M,H,ND IR:L,M,H,ND AR:L,M,H,ND'),
    supplemental: metrics(''),
    undefinedValue: 'ND',
  },
  '3.0': { prefix: 'CVSS:3.0/', ...VERSION_3 },
  '3.1': { prefix: 'CVSS:3.1/', ...VERSION_3 },
  '4.0': {
    prefix: 'CVSS:4.0/',
    base: metrics('AV:NALP AC:LH AT:NP PR:NLH UI:NPA VC:HLN VI:HLN VA:HLN SC:HLN SI:HLN SA:HLN'),
    temporal: metrics('E:XAPU'),
    environmental: metrics(
      'CR:XHML IR:XHML AR:XHML MAV:XNALP MAC:XLH MAT:XNP MPR:XNLH MUI:XNPA MVC:XHLN MVI:XHLN MVA:XHLN MSC:XHLN MSI:XSHLN MSA:XSHLN',
    ),
    supplemental: metrics('S:XNP AU:XNY R:XAUI V:XDC RE:XLMH U:X,Clear,Green,Amber,Red'),
    undefinedValue: 'X',
  },
}

/** Reads `AV:NAL RL:OF,TF`: values of one letter run together, others are parted by commas. */
function metrics(source: string): Metrics {
  const parts = source.split(' ').filter(part => part !== '')
  return new Map(
    parts.map(part => {
      const [name = '', values = ''] = part.split(':')
      return [name, values.includes(',') ? values.split(',') : [...values]]
    }),
  )
}
