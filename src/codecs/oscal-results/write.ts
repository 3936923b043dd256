/**
 * Writes OSCAL assessment results (NIST, release 1.1.2; the members used are the same in 1.2) as a value for JSON. What OSCAL has no member for (both sides' views,
 * the grade of the evidence, the dates of a record, whether it was signed) stands in `props` under `NAMESPACE`.
 */

/** The namespace of our own properties: a name, no address. */
export const NAMESPACE = 'urn:carecert:oscal:assessment-results:1'

const OSCAL_VERSION = '1.1.2'

export interface AssessmentResults {
  /** Makes the document's identifiers: the same name gives the same UUID of version 4 or 5, as OSCAL asks. */
  readonly uuid: (name: string) => string
  readonly title: string
  /** RFC 3339. */
  readonly lastModified: string
  readonly version: string
  readonly organisation: string
  readonly assessor: { readonly name: string; readonly body: string } | null
  /** What it was assessed against, and by which terms. */
  readonly terms: string
  readonly description: string
  readonly start: string
  readonly end: string | null
  readonly props: readonly Property[]
  readonly outcomes: readonly ResultOutcome[]
}

export interface Property {
  readonly name: string
  readonly value: string
}

export interface ResultOutcome {
  readonly code: string
  readonly title: string
  readonly text: string
  /** Whether it is as good as the profile asks, or, without one, the best that there is. */
  readonly satisfied: boolean
  readonly collected: string
  readonly props: readonly Property[]
  readonly findings: readonly { readonly id: string; readonly what: string; readonly why: string; readonly recommendation: string }[]
  readonly strengths: readonly { readonly id: string; readonly what: string; readonly how: string; readonly help: string }[]
}

/** The document. A property without a value is left out, for OSCAL takes none. */
export function writeAssessmentResults(results: AssessmentResults) {
  const { uuid } = results
  const terms = uuid('terms')
  const parties = [
    { uuid: uuid('organisation'), type: 'organization', name: oneLine(results.organisation) },
    ...(results.assessor === null
      ? []
      : [{ uuid: uuid('assessor'), type: 'person', name: oneLine(results.assessor.name), remarks: results.assessor.body || 'No body is named.' }]),
  ]
  return {
    'assessment-results': {
      uuid: uuid('document'),
      metadata: {
        title: oneLine(results.title),
        'last-modified': results.lastModified,
        version: results.version,
        'oscal-version': OSCAL_VERSION,
        ...props(results.props),
        ...(results.assessor === null ? {} : { roles: [{ id: 'assessor', title: 'Assessor' }] }),
        parties,
        ...(results.assessor === null ? {} : { 'responsible-parties': [{ 'role-id': 'assessor', 'party-uuids': [uuid('assessor')] }] }),
      },
      'import-ap': { href: `#${terms}`, remarks: 'The terms under which the organisation asked for the assessment.' },
      results: [
        {
          uuid: uuid('result'),
          title: oneLine(results.title),
          description: results.description || results.title,
          start: results.start,
          ...(results.end === null ? {} : { end: results.end }),
          'reviewed-controls': {
            'control-selections': [
              results.outcomes.length === 0
                ? { description: 'No outcome was reviewed.' }
                : { 'include-controls': results.outcomes.map(({ code }) => ({ 'control-id': token(code) })) },
            ],
          },
          ...list(
            'observations',
            results.outcomes.flatMap(outcome => observations(uuid, outcome)),
          ),
          ...list(
            'risks',
            results.outcomes.flatMap(outcome => risks(uuid, outcome)),
          ),
          ...list(
            'findings',
            results.outcomes.map(outcome => finding(uuid, outcome)),
          ),
        },
      ],
      'back-matter': { resources: [{ uuid: terms, title: 'Terms of the assessment', description: results.terms || 'None are recorded.' }] },
    },
  }
}

function observations(uuid: AssessmentResults['uuid'], outcome: ResultOutcome) {
  return [
    {
      uuid: uuid(`observation ${outcome.code}`),
      title: oneLine(`${outcome.code} ${outcome.title}`),
      description: outcome.text || 'Nothing was written about it.',
      ...props(outcome.props),
      methods: ['EXAMINE'],
      types: ['finding'],
      collected: outcome.collected,
    },
    ...outcome.strengths.map(({ id, what, how, help }) => ({
      uuid: uuid(id),
      title: oneLine(`Strength: ${outcome.code}`),
      description: what || 'A strength.',
      methods: ['EXAMINE'],
      types: ['discovery'],
      collected: outcome.collected,
      ...(`${how}${help}` === '' ? {} : { remarks: [how, help].filter(part => part !== '').join('\n\n') }),
    })),
  ]
}

function risks(uuid: AssessmentResults['uuid'], outcome: ResultOutcome) {
  return outcome.findings.map(({ id, what, why, recommendation }) => ({
    uuid: uuid(id),
    title: oneLine(`${outcome.code} ${outcome.title}`),
    description: what || 'A finding.',
    statement: why || 'Why it matters was not written.',
    status: 'open',
    ...(recommendation === ''
      ? {}
      : {
          remediations: [
            {
              uuid: uuid(`${id} remediation`),
              lifecycle: 'recommendation',
              title: oneLine(`Recommendation for ${outcome.code}`),
              description: recommendation,
            },
          ],
        }),
  }))
}

function finding(uuid: AssessmentResults['uuid'], outcome: ResultOutcome) {
  return {
    uuid: uuid(`finding ${outcome.code}`),
    title: oneLine(`${outcome.code} ${outcome.title}`),
    description: outcome.text || 'Nothing was written about it.',
    ...props(outcome.props),
    target: {
      type: 'objective-id',
      'target-id': token(outcome.code),
      status: { state: outcome.satisfied ? 'satisfied' : 'not-satisfied', reason: outcome.satisfied ? 'pass' : 'fail' },
    },
    'related-observations': [
      { 'observation-uuid': uuid(`observation ${outcome.code}`) },
      ...outcome.strengths.map(({ id }) => ({ 'observation-uuid': uuid(id) })),
    ],
    ...list(
      'related-risks',
      outcome.findings.map(({ id }) => ({ 'risk-uuid': uuid(id) })),
    ),
  }
}

function props(properties: readonly Property[]) {
  return list(
    'props',
    properties.filter(({ value }) => value.trim() !== '').map(({ name, value }) => ({ name: token(name), ns: NAMESPACE, value: oneLine(value) })),
  )
}

/** OSCAL takes no empty lists. */
function list<Name extends string, T>(name: Name, items: readonly T[]): Partial<Record<Name, readonly T[]>> {
  return items.length === 0 ? {} : ({ [name]: items } as Record<Name, readonly T[]>)
}

/** A string of OSCAL has one line, and no space at its ends. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim() || '-'
}

/** A token of OSCAL begins with a letter and holds letters, digits, full stops, hyphens and underscores. */
function token(text: string): string {
  const kept = text.replaceAll(/[^\p{L}\p{N}.\-_]/gu, '-')
  return /^[\p{L}_]/u.test(kept) ? kept : `_${kept}`
}
