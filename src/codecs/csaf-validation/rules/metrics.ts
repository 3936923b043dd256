import calculator from 'ae-cvss-calculator'
import { listAt, memberOf, numberAt, recordAt, textAt } from '../../../kernel/json.ts'
import type { Fault, Rule } from '../model.ts'
import { each, instantAt, isClear, isDraft, metrics, newestRevision, texts, vulnerabilities } from './walk.ts'

const CVSS = ['cvss_v2', 'cvss_v3', 'cvss_v4'] as const
const DAY_MILLIS = 86_400_000
/** An EPSS score is made anew every day; one older than this says little of today. */
const OLD_EPSS_DAYS = 15

/** Rules of CSAF 2.1 about what is said of a vulnerability: scores, ratings, SSVC, and when what happened. */
export const METRIC_RULES: Readonly<Record<string, Rule>> = {
  *'6.1.8'(document) {
    // What has a wrong shape the schema says; revision 2 of CVSS 4.0 has one score alone.
    for (const { value, pointer } of metrics(document))
      for (const name of ['threatScore', 'threatSeverity', 'environmentalScore', 'environmentalSeverity'])
        if (memberOf(recordAt(value, 'cvss_v4'), name) !== undefined)
          yield { pointer: `${pointer}/cvss_v4/${name}`, message: 'CVSS 4.0 has no such member' }
  },
  async '6.1.9'(document, library) {
    const theirs = await library()
    return [...theirs.filter(({ pointer }) => !pointer.includes('/cvss_v4/')), ...reckoned(document)]
  },
  *'6.1.47'(document) {
    for (const { value, pointer, vulnerability } of metrics(document)) {
      const ids = listAt(vulnerability.value, 'ids').map(id => textAt(id, 'text'))
      const known = new Set([textAt(vulnerability.value, 'cve'), ...ids])
      const own = textAt(recordAt(recordAt(document, 'document'), 'tracking'), 'id')
      const isOneOfMany = listAt(document, 'vulnerabilities').length > 1
      for (const target of each(recordAt(value, 'ssvc_v2'), 'target_ids', `${pointer}/ssvc_v2`))
        if (isOneOfMany && target.value === own) yield { pointer: target.pointer, message: 'The document is about more than one vulnerability' }
        else if (!known.has(String(target.value))) yield { pointer: target.pointer, message: 'The vulnerability has no such number' }
    }
  },
  '6.1.49': document => later(document, 'ssvc_v2'),
  '6.1.51': document => later(document, 'epss'),
  *'6.1.53'(document) {
    for (const { value, pointer } of vulnerabilities(document))
      for (const known of each(value, 'first_known_exploitation_dates', pointer)) {
        const [told, happened] = [instantAt(known.value, 'date'), instantAt(known.value, 'exploitation_date')]
        if (told !== undefined && happened !== undefined && happened > told)
          yield { pointer: `${known.pointer}/exploitation_date`, message: 'It was known before it happened' }
      }
  },
  *'6.1.56'(document) {
    const all = [...metrics(document)]
    for (const { value, pointer, vulnerability, products, source } of all) {
      if (textAt(value, 'qualitative_severity_rating') === undefined) continue
      const scored = all.filter(
        other =>
          other.vulnerability.pointer === vulnerability.pointer &&
          other.source === source &&
          CVSS.some(name => recordAt(other.value, name) !== undefined),
      )
      for (const product of products)
        if (scored.some(other => other.products.includes(product)))
          yield { pointer: `${pointer}/qualitative_severity_rating`, message: `The product ${product} has a CVSS score from the same source` }
    }
  },
  *'6.2.19'(document) {
    for (const { value, pointer, vulnerability, products } of metrics(document)) {
      const status = recordAt(vulnerability.value, 'product_status')
      const fixed = new Set([...texts(status, 'fixed'), ...texts(status, 'first_fixed')])
      if (!products.some(product => fixed.has(product))) continue
      for (const name of CVSS) {
        const score = recordAt(value, name)
        if (score !== undefined && !isWithoutImpact(name, score))
          yield { pointer: `${pointer}/${name}`, message: 'The product is fixed, and its environmental score is not 0' }
      }
    }
  },
  *'6.2.33'(document, _library, now) {
    const newest = newestRevision(document)
    if (newest === undefined) return
    for (const { value, pointer } of vulnerabilities(document)) {
      const disclosed = instantAt(value, 'disclosure_date')
      // Of what is disclosed in time to come the rule says nothing: the document may well be read under an embargo.
      if (disclosed !== undefined && disclosed > newest && (now === undefined || disclosed <= now))
        yield { pointer: `${pointer}/disclosure_date`, message: 'It has passed, and is later than the newest revision of the document' }
    }
  },
  *'6.2.34'(document) {
    for (const { base, pointer } of selections(document)) if (!isKnown(base)) yield { pointer, message: `The namespace ${base} is not known here` }
  },
  *'6.2.35'(document) {
    if (isClear(document))
      for (const { base, pointer } of selections(document))
        if (base.startsWith('x_')) yield { pointer, message: 'Not everybody who may read the document knows this namespace' }
  },
  *'6.2.36'(document) {
    if (isClear(document)) yield* extended(document)
  },
  *'6.2.37'(document) {
    for (const { namespace, pointer, resources } of selections(document))
      if (!isRegistered(namespace) && !resources.some(summary => summary.includes(namespace)))
        yield { pointer, message: `The summary of no decision point resource names ${namespace}` }
  },
  *'6.2.41'(document) {
    const newest = newestRevision(document)
    if (newest === undefined || isDraft(document)) return
    const scores = [...metrics(document)].flatMap(({ value, pointer, vulnerability }) => {
      const at = instantAt(recordAt(value, 'epss'), 'timestamp')
      return at === undefined ? [] : [{ at, pointer: `${pointer}/epss/timestamp`, vulnerability: vulnerability.pointer }]
    })
    for (const all of Map.groupBy(scores, ({ vulnerability }) => vulnerability).values()) {
      const [youngest] = all.toSorted((a, b) => b.at.getTime() - a.at.getTime())
      if (youngest !== undefined && newest.getTime() - youngest.at.getTime() > OLD_EPSS_DAYS * DAY_MILLIS)
        yield { pointer: youngest.pointer, message: `It is more than ${OLD_EPSS_DAYS} days older than the newest revision` }
    }
  },
  *'6.2.47'(document) {
    const own = new Set(
      listAt(recordAt(document, 'document'), 'references')
        .filter(reference => textAt(reference, 'category') === 'self')
        .map(reference => textAt(reference, 'url')),
    )
    for (const { value, pointer, source } of metrics(document))
      if (textAt(value, 'qualitative_severity_rating') !== undefined && (source === '' || own.has(source)))
        yield { pointer: `${pointer}/qualitative_severity_rating`, message: 'Who writes the document can give a CVSS score' }
  },
  *'6.3.14'(document) {
    if (isClear(document)) return
    for (const { base, pointer } of selections(document))
      if (base.startsWith('x_')) yield { pointer, message: 'Not everybody who may read the document may know this namespace' }
  },
  *'6.3.15'(document) {
    if (!isClear(document)) yield* extended(document)
  },
  *'6.3.18'(document) {
    for (const { value, pointer } of metrics(document))
      if (textAt(value, 'qualitative_severity_rating') !== undefined)
        yield { pointer: `${pointer}/qualitative_severity_rating`, message: 'A word says less than a score with its vector' }
  },
}

/** The score and its word, as CVSS 4.0 reckons them from the whole vector. */
function* reckoned(document: unknown): Generator<Fault> {
  for (const { value, pointer } of metrics(document)) {
    const score = recordAt(value, 'cvss_v4')
    const overall = scoreOf(textAt(score, 'vectorString'))
    if (overall === undefined) continue
    if (numberAt(score, 'baseScore') !== overall) yield { pointer: `${pointer}/cvss_v4/baseScore`, message: `The vector gives ${overall}` }
    if (textAt(score, 'baseSeverity') !== severityOf(overall))
      yield { pointer: `${pointer}/cvss_v4/baseSeverity`, message: `A score of ${overall} is ${severityOf(overall)}` }
  }
}

function scoreOf(vector: string | undefined): number | undefined {
  if (vector === undefined || vector.length > 300) return undefined
  try {
    return new calculator.Cvss4P0(vector).calculateScores().overall
  } catch {
    // No vector: the schema says so.
    return undefined
  }
}

/** CVSS 4.0 §6. */
function severityOf(score: number): string {
  if (score === 0) return 'NONE'
  if (score < 4) return 'LOW'
  if (score < 7) return 'MEDIUM'
  return score < 9 ? 'HIGH' : 'CRITICAL'
}

const NO_IMPACT: Readonly<Record<(typeof CVSS)[number], { readonly members: readonly string[]; readonly vector: readonly string[] }>> = {
  cvss_v2: { members: ['targetDistribution'], vector: ['TD'] },
  cvss_v3: { members: ['modifiedConfidentialityImpact', 'modifiedIntegrityImpact', 'modifiedAvailabilityImpact'], vector: ['MC', 'MI', 'MA'] },
  cvss_v4: {
    members: [
      'modifiedVulnConfidentialityImpact',
      'modifiedVulnIntegrityImpact',
      'modifiedVulnAvailabilityImpact',
      'modifiedSubConfidentialityImpact',
      'modifiedSubIntegrityImpact',
      'modifiedSubAvailabilityImpact',
    ],
    vector: ['MVC', 'MVI', 'MVA', 'MSC', 'MSI', 'MSA'],
  },
}

/** Whether nothing is left of it where the fix is in: by its environmental score, or since every modified impact is none. */
function isWithoutImpact(name: (typeof CVSS)[number], score: object): boolean {
  if (numberAt(score, 'environmentalScore') === 0) return true
  const { members, vector } = NO_IMPACT[name]
  const parts = new Set((textAt(score, 'vectorString') ?? '').split('/'))
  return members.every(member => ['NONE', 'NEGLIGIBLE'].includes(textAt(score, member) ?? '')) || vector.every(metric => parts.has(`${metric}:N`))
}

/** What was reckoned after the newest revision cannot stand in it. */
function* later(document: unknown, name: 'ssvc_v2' | 'epss'): Generator<Fault> {
  const newest = newestRevision(document)
  if (newest === undefined || isDraft(document)) return
  for (const { value, pointer } of metrics(document)) {
    const at = instantAt(recordAt(value, name), 'timestamp')
    if (at !== undefined && at > newest)
      yield { pointer: `${pointer}/${name}/timestamp`, message: 'It is later than the newest revision of the document' }
  }
}

interface Selection {
  readonly namespace: string
  /** The namespace before its extensions. */
  readonly base: string
  readonly pointer: string
  /** The summaries of where decision points are described. */
  readonly resources: readonly string[]
}

function* selections(document: unknown): Generator<Selection> {
  for (const { value, pointer } of metrics(document)) {
    const ssvc = recordAt(value, 'ssvc_v2')
    const resources = listAt(ssvc, 'decision_point_resources').map(resource => textAt(resource, 'summary') ?? '')
    for (const selection of each(ssvc, 'selections', `${pointer}/ssvc_v2`)) {
      const namespace = textAt(selection.value, 'namespace') ?? ''
      yield { namespace, base: namespace.split('/')[0] ?? '', pointer: `${selection.pointer}/namespace`, resources }
    }
  }
}

/** The namespaces that SSVC registers, and those kept for examples. */
const NAMESPACES: ReadonlySet<string> = new Set(['ssvc', 'cvss', 'cisa', 'nist', 'basic', 'example', 'test'])

function isKnown(base: string): boolean {
  return NAMESPACES.has(base) || /^x_(?:[a-z0-9-]+\.)*test#/.test(base)
}

/** Of the whole namespace: that its base is registered, and is extended by nothing but a language. */
function isRegistered(namespace: string): boolean {
  const [base = '', ...extensions] = namespace.split('/')
  return !base.startsWith('x_') && !base.includes('$') && extensions.every(extension => /^(?:[a-z]{2,3}(?:-[A-Za-z0-9]+)*)?$/.test(extension))
}

function* extended(document: unknown): Generator<Fault> {
  for (const { namespace, pointer } of selections(document))
    if (namespace.includes('/.') || namespace.includes('$')) yield { pointer, message: 'It has an extension that others may not know' }
}
