import { readCvss, type CvssReading, type ScoreCvss } from '../../kernel/cvss.ts'
import type { Complain } from '../../kernel/findings.ts'
import { cweIdsIn, parseCweId } from '../../kernel/identifiers.ts'
import { parseLocalDate } from '../../kernel/instant.ts'
import type { KevEntry, SsvcStatement, VulnerabilityAssessment } from '../../kernel/intelligence.ts'
import { lineAt, listAt, memberOf, recordAt } from '../../kernel/json.ts'
import { latestSsvc, readSsvcDecision } from '../../kernel/ssvc.ts'
import type { Container } from './containers.ts'

export interface Assessments {
  /** All containers side by side; `by` says whose each score is. */
  readonly assessment: VulnerabilityAssessment
  /** The highest base score that any container gives. */
  readonly cvssTenths: number | null
  readonly kev: KevEntry | null
}

/** What the containers of a record say of how bad the vulnerability is. Complains of what it leaves out. */
export function readAssessments(cve: string, containers: readonly Container[], scoreCvss: ScoreCvss, complain: Complain): Assessments {
  const readings = containers.flatMap(container => cvssOf(container, scoreCvss))
  for (const { rule, pointer, message } of readings.flatMap(reading => reading.problems)) complain(rule, pointer, message)
  const statements = readings.map(reading => reading.statement).filter(statement => statement !== null)
  const scores = readings.map(reading => reading.baseTenths).filter(score => score !== null)
  const ssvc = containers.flatMap(container => othersOf(container, 'ssvc').map(other => readSsvc(other, complain))).filter(said => said !== null)
  const kev = containers.flatMap(container => othersOf(container, 'kev').map(other => readKev(other, complain))).filter(said => said !== null)
  return {
    assessment: {
      cve,
      cvss: [...new Map(statements.map(statement => [JSON.stringify(statement), statement])).values()],
      ssvc: latestSsvc(ssvc),
      cwes: [...new Set(containers.flatMap(weaknessesOf))],
    },
    cvssTenths: scores.length === 0 ? null : Math.max(...scores),
    kev: kev[0] ?? null,
  }
}

function cvssOf({ by, content, pointer }: Container, scoreCvss: ScoreCvss): readonly CvssReading[] {
  return listAt(content, 'metrics').flatMap((metric, index) =>
    ['cvssV4_0', 'cvssV3_1', 'cvssV3_0', 'cvssV2_0'].flatMap(name => {
      const cvss = recordAt(metric, name)
      return cvss === undefined ? [] : [readCvss(cvss, by, `${pointer}/metrics/${index}/${name}`, scoreCvss)]
    }),
  )
}

interface Other {
  readonly content: unknown
  readonly pointer: string
}

/** What a container says beyond CVSS: `metrics[].other`, a type with a content. */
function othersOf({ content, pointer }: Container, type: string): readonly Other[] {
  return listAt(content, 'metrics').flatMap((metric, index) => {
    const other = recordAt(metric, 'other')
    const isThat = lineAt(other, 'type')?.toLowerCase() === type
    return isThat ? [{ content: memberOf(other, 'content'), pointer: `${pointer}/metrics/${index}/other/content` }] : []
  })
}

function readSsvc({ content, pointer }: Other, complain: Complain): SsvcStatement | null {
  const decision = readSsvcDecision(content)
  if (decision === undefined)
    complain('ssvc', pointer, 'The SSVC decision points are not all there, or have values that are not known. They were left out.')
  return decision ?? null
}

/** The flag says since when only: due date, action and ransomware use stand in the catalogue itself. */
function readKev({ content, pointer }: Other, complain: Complain): KevEntry | null {
  const dateAdded = parseLocalDate((lineAt(content, 'dateAdded') ?? '').slice(0, 10))
  if (dateAdded === undefined) {
    complain('kev', pointer, 'The record is marked as known to be exploited, without a date that can be read. The mark was left out.')
    return null
  }
  return { dateAdded, dueDate: null, knownRansomwareUse: null, requiredAction: '' }
}

/** By `cweId`, or from the words where an authority writes the identifier there only. */
function weaknessesOf({ content }: Container): readonly string[] {
  return listAt(content, 'problemTypes')
    .flatMap(type => listAt(type, 'descriptions'))
    .flatMap(description => {
      const id = parseCweId(lineAt(description, 'cweId') ?? '')
      return id === undefined ? cweIdsIn(lineAt(description, 'description') ?? '') : [id]
    })
}
