import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import type { IncidentKind } from '../../src/domains/watch/notifications/model.ts'
import { isRecord, listAt, numberAt, recordAt, textAt } from '../../src/kernel/json.ts'
import { sharedData } from './shared-data.ts'

/** An incident of the reference data as somebody would report it by the JSON API. */
export interface Narrative {
  readonly from: 'hhs' | 'vcdb' | 'veris' | 'thehive'
  /** The body of the request: the fields of the form. */
  readonly fields: {
    readonly what: string
    readonly kind: IncidentKind
    readonly since: string
    readonly care: 'unknown'
    readonly organisation: string
    readonly peopleAffected: number | null
    readonly mayCall: false
  }
}

/** All that have words of their own, in the order of their files; what only tests the schema of VERIS is left out. */
export function incidentNarratives(): readonly Narrative[] {
  const hhs = ['breach_archive_2009-2020_third.csv', 'breach_under_investigation_2020-08.csv'].flatMap(name =>
    rows(`incidents/hhs/${name}`).map(breach),
  )
  const vcdb = [
    ...documents('incidents/vcdb').map(document => veris('vcdb', document)),
    ...rows('incidents/vcdb/incidents_clean_20.csv').map(excerpt),
  ]
  const examples = documents('incidents/veris/examples').map(document => veris('veris', document))
  const thehive = ['Alert', 'Case'].flatMap(name => (read(`incidents/thehive/${name}.json`) as unknown[]).map(caseOrAlert))
  return [...hhs, ...vcdb, ...examples, ...thehive]
}

function narrative(from: Narrative['from'], fields: Omit<Narrative['fields'], 'care' | 'mayCall'>): Narrative {
  return { from, fields: { ...fields, what: fields.what.trim().slice(0, 4_000), care: 'unknown', mayCall: false } }
}

/** A breach as a US provider reported it to its regulator. */
function breach(row: Readonly<Record<string, string>>): Narrative {
  const type = row['Type of Breach'] ?? ''
  return narrative('hhs', {
    what: (row['Web Description'] ?? '') || `${type || 'Unknown'}: ${row['Location of Breached Information'] ?? ''}`,
    kind: type.includes('Hacking/IT Incident')
      ? 'intrusion'
      : type === '' || type === 'Unknown'
        ? 'not-sure'
        : type === 'Other'
          ? 'other'
          : 'data-breach',
    since: isoDate(row['Breach Submission Date'] ?? ''),
    organisation: (row['Name of Covered Entity'] ?? '').slice(0, 200),
    peopleAffected: Number(row['Individuals Affected']),
  })
}

/** `06/18/2020`, month first, as `2020-06-18`; an ISO date as it is. */
function isoDate(text: string): string {
  const [, month = '', day = '', year = ''] = /^(\d{2})\/(\d{2})\/(\d{4})$/.exec(text) ?? []
  return year === '' ? text : `${year}-${month}-${day}`
}

/** An incident in VERIS: what is said of it, when it was, what was done, how many records. */
function veris(from: 'vcdb' | 'veris', incident: Readonly<Record<string, unknown>>): Narrative {
  const actions = Object.keys(recordAt(incident, 'action') ?? {})
  const when = recordAt(recordAt(incident, 'timeline') ?? {}, 'incident') ?? {}
  const [year, month, day] = [numberAt(when, 'year'), numberAt(when, 'month'), numberAt(when, 'day')]
  const two = (part: number) => String(part).padStart(2, '0')
  const confidentiality = recordAt(recordAt(incident, 'attribute') ?? {}, 'confidentiality') ?? {}
  return narrative(from, {
    what: textAt(incident, 'summary') || `Action: ${actions.join(', ') || 'unknown'} (${textAt(incident, 'incident_id') ?? ''})`,
    kind: kindOf(actions),
    since: year === undefined ? '' : month === undefined || day === undefined ? String(year) : `${year}-${two(month)}-${two(day)}`,
    organisation: textAt(recordAt(incident, 'victim') ?? {}, 'victim_id') ?? '',
    peopleAffected: numberAt(confidentiality, 'data_total') ?? null,
  })
}

/** A row of the excerpt of VCDB: lists of `misuse.variety:Privilege abuse`. */
function excerpt(row: Readonly<Record<string, string>>): Narrative {
  const actions = JSON.parse(row['veris_action'] ?? '[]') as string[]
  const total = /confidentiality\.data_total:(\d+)/.exec(row['veris_attribute'] ?? '')?.[1]
  return narrative('vcdb', {
    what: (row['incident_text'] ?? '') || `Without words (${row['incident_id'] ?? ''})`,
    kind: kindOf(actions.map(action => action.split('.')[0] ?? '')),
    since: row['year'] ?? '',
    organisation: '',
    peopleAffected: total === undefined ? null : Number(total),
  })
}

function kindOf(actions: readonly string[]): IncidentKind {
  if (actions.includes('malware')) return 'malware'
  if (actions.includes('hacking')) return 'intrusion'
  if (actions.includes('social')) return 'phishing'
  return actions.some(action => ['misuse', 'error', 'physical'].includes(action)) ? 'data-breach' : 'other'
}

function caseOrAlert(entry: unknown): Narrative {
  const at = isRecord(entry) ? (numberAt(entry, 'date') ?? numberAt(entry, 'startDate')) : undefined
  return narrative('thehive', {
    what: `${textAt(entry, 'title') ?? ''}\n${textAt(entry, 'description') ?? ''}`,
    kind: listAt(entry, 'tags').includes('spam') ? 'phishing' : 'other',
    since: at === undefined ? '' : new Date(at).toISOString(),
    organisation: textAt(entry, 'organisationId') ?? textAt(entry, 'owningOrganisation') ?? '',
    peopleAffected: null,
  })
}

function rows(path: string): readonly Readonly<Record<string, string>>[] {
  return parse(readFileSync(sharedData(path)), { columns: true, bom: true })
}

function documents(folder: string): readonly Readonly<Record<string, unknown>>[] {
  const names = readdirSync(sharedData(folder)).filter(name => /\.json$/i.test(name))
  return names.toSorted().map(name => read(`${folder}/${name}`) as Readonly<Record<string, unknown>>)
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(sharedData(path), 'utf8'))
}
