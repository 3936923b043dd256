import { readCvss, type ScoreCvss } from '../../kernel/cvss.ts'
import type { Complain } from '../../kernel/findings.ts'
import { parseInstant } from '../../kernel/instant.ts'
import type { CvssStatement, SsvcStatement } from '../../kernel/intelligence.ts'
import { lineAt, linesAt, listAt, memberOf, numberAt, recordAt } from '../../kernel/json.ts'
import { compareSeverity, parseSeverity, type Severity } from '../../kernel/severity.ts'

/** How bad a vulnerability is said to be: by `scores` in CSAF 2.0 (§3.2.3.13), by `metrics` in 2.1. Makers mix the two. */
export interface Metrics {
  readonly scores: readonly StatedScore[]
  readonly ssvc: SsvcStatement | null
  /** All decision points of SSVC that it gives, each with its values, as it writes them: `Exploitation: Active`. */
  readonly decisions: readonly string[]
  readonly epss: Epss | null
  /** The worst rating in a word, where it gives one. */
  readonly rating: Severity | null
}

export interface StatedScore {
  /** `null` when there is no vector that can be read. */
  readonly statement: CvssStatement | null
  /** CVSS version, such as `3.1`. */
  readonly version: string
  /** As the document states it, else as the vector gives it. */
  readonly tenths: number
  readonly vector: string | null
  readonly by: string | null
  readonly productIds: readonly string[]
}

interface Epss {
  readonly probability: number
  readonly percentile: number
  /** ISO 8601 instant in UTC. */
  readonly at: string | null
}

/** Reads the metrics of one vulnerability, which stands at `pointer`. */
export function readMetrics(entry: unknown, pointer: string, scoreCvss: ScoreCvss, complain: Complain): Metrics {
  const holders = [
    ...listAt(entry, 'scores').map((score, at) => ({ content: score, holder: score, at: `${pointer}/scores/${at}` })),
    ...listAt(entry, 'metrics').map((metric, at) => ({
      content: memberOf(metric, 'content'),
      holder: metric,
      at: `${pointer}/metrics/${at}/content`,
    })),
  ]
  const scores = holders.flatMap(({ content, holder, at }) =>
    (['cvss_v4', 'cvss_v3', 'cvss_v2'] as const).flatMap(name => {
      const cvss = recordAt(content, name)
      if (cvss === undefined) return []
      return readScore(
        cvss,
        name,
        `${at}/${name}`,
        { by: lineAt(holder, 'source') ?? null, productIds: linesAt(holder, 'products') },
        scoreCvss,
        complain,
      )
    }),
  )
  const contents = holders.map(holder => holder.content)
  const selections = contents.map(content => recordAt(content, 'ssvc_v2')).filter(list => list !== undefined)
  const ratings = contents.flatMap(content => parseSeverity(lineAt(content, 'qualitative_severity_rating') ?? '') ?? [])
  return {
    scores: merged(scores),
    ssvc: selections.map(readSsvc).find(statement => statement !== null) ?? null,
    decisions: [...new Set(selections.flatMap(decisionsOf))],
    epss: contents.map(content => readEpss(recordAt(content, 'epss'))).find(epss => epss !== null) ?? null,
    rating: ratings.toSorted(compareSeverity)[0] ?? null,
  }
}

function readScore(
  cvss: unknown,
  name: 'cvss_v2' | 'cvss_v3' | 'cvss_v4',
  pointer: string,
  where: Pick<StatedScore, 'by' | 'productIds'>,
  scoreCvss: ScoreCvss,
  complain: Complain,
): StatedScore[] {
  const stated = numberAt(cvss, 'baseScore')
  if (stated === undefined || stated < 0 || stated > 10) complain('score', pointer, 'A CVSS base score is missing, or not between 0 and 10.')
  const reading = readCvss(cvss, where.by, pointer, scoreCvss)
  for (const problem of reading.problems) complain(problem.rule, problem.pointer, problem.message)
  if (reading.baseTenths === null) return []
  const version = reading.statement?.version ?? lineAt(cvss, 'version') ?? `${name.slice(-1)}.0`
  return [{ ...where, statement: reading.statement, version, tenths: reading.baseTenths, vector: lineAt(cvss, 'vectorString') ?? null }]
}

/** Large documents repeat one score for each group of products. */
function merged(scores: readonly StatedScore[]): readonly StatedScore[] {
  const byScore = new Map<string, StatedScore>()
  for (const score of scores) {
    const key = JSON.stringify([score.version, score.vector, score.tenths, score.by])
    const known = byScore.get(key)
    byScore.set(key, known === undefined ? score : { ...known, productIds: [...known.productIds, ...score.productIds] })
  }
  return [...byScore.values()]
}

/**
 * The three decision points of CISA's coordinator, in a list of selections (SSVC 2.0.0 schema). A point that keeps several values open
 * decides nothing, and without all three there is no statement; `decisions` has them all the same.
 */
function readSsvc(list: unknown): SsvcStatement | null {
  const valueOf = (key: string): string | undefined => {
    const selection = listAt(list, 'selections').find(
      point => lineAt(point, 'key') === key && /^(?:ssvc|cisa)$/.test(lineAt(point, 'namespace') ?? ''),
    )
    const values = listAt(selection, 'values')
    return values.length === 1 ? lineAt(values[0], 'key') : undefined
  }
  const exploitation = ({ N: 'none', P: 'poc', A: 'active' } as const)[valueOf('E') ?? '']
  const automatable = ({ N: false, Y: true } as const)[valueOf('A') ?? '']
  const technicalImpact = ({ P: 'partial', T: 'total' } as const)[valueOf('TI') ?? '']
  if (exploitation === undefined || automatable === undefined || technicalImpact === undefined) return null
  return { exploitation, automatable, technicalImpact, at: instantText(lineAt(list, 'timestamp')) }
}

function decisionsOf(list: unknown): readonly string[] {
  return listAt(list, 'selections').flatMap(point => {
    const name = lineAt(point, 'name') ?? lineAt(point, 'key')
    const values = listAt(point, 'values').map(value => lineAt(value, 'name') ?? lineAt(value, 'key') ?? '')
    return name === undefined || values.length === 0 ? [] : [`${name}: ${values.join(' or ')}`]
  })
}

/** CSAF 2.1 writes the two figures as texts. */
function readEpss(epss: unknown): Epss | null {
  const share = (name: string) => {
    const figure = Number(lineAt(epss, name) ?? numberAt(epss, name) ?? Number.NaN)
    return figure >= 0 && figure <= 1 ? figure : undefined
  }
  const [probability, percentile] = [share('probability'), share('percentile')]
  return probability === undefined || percentile === undefined ? null : { probability, percentile, at: instantText(lineAt(epss, 'timestamp')) }
}

function instantText(text: string | undefined): string | null {
  return parseInstant(text ?? '')?.toISOString() ?? null
}
