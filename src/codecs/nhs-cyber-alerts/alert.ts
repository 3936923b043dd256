import { instantFromMillis, parseInstant, type Instant } from '../../kernel/instant.ts'
import type { IntelligenceItem, IntelligenceProduct } from '../../kernel/intelligence.ts'
import { isRecord } from '../../kernel/json.ts'
import { compareSeverity, parseSeverity, type Severity } from '../../kernel/severity.ts'
import { cleanLine, shorten } from '../../kernel/text.ts'
import { parseWebAddress } from '../../kernel/web-address.ts'
import { resolve, toPlainText, toSafeHtml } from './html.ts'

/** An alert that was read, with what it lacked; or why it cannot be taken in. */
export type AlertReading = { readonly item: IntelligenceItem; readonly warnings: readonly string[] } | { readonly reason: string }

/** The alert's id in the form `CC-4781`, when it can be made out. */
export function alertIdOf(alert: unknown): string | null {
  const id = lineOf(fieldOf(alert, 'threatId'))?.toUpperCase()
  return id !== undefined && /^CC-\d{1,7}$/.test(id) ? id : null
}

/**
 * Reads one alert of the API. The list gives some alerts in short, and those not meant for the public with little more than an id.
 * In `details`, a member whose name ends in `Html` is safe HTML, all else is plain text and ISO dates. Names of the CMS itself
 * (`hippoDocumentBean`, `versionedNode`, …) are passed over.
 */
export function readAlert(alert: unknown): AlertReading {
  if (!isRecord(alert)) return { reason: 'This alert is not an object with named fields.' }
  const id = alertIdOf(alert)
  if (id === null) return { reason: `The alert's id cannot be read: "threatId" should look like CC-4781.` }

  const title = lineOf(fieldOf(alert, 'title'))
  const published = instantOf(fieldOf(alert, 'publishedDate'))
  const severityHistory = readSeverityHistory(alert)
  const updates = listOf(alert, 'threatUpdates').map(update => ({
    at: instantOf(fieldOf(update, 'date')),
    title: lineOf(fieldOf(update, 'title')) ?? '',
    html: htmlOf(fieldOf(update, 'content')),
  }))
  const updated = latest([...updates.map(update => update.at), ...severityHistory.map(entry => entry.at)])
  const summary = plainOf(fieldOf(alert, 'summary')) || (lineOf(fieldOf(alert, 'shortsummary')) ?? '')
  const affects = listOf(alert, 'threatAffects').map(readAffected)
  const cves = listOf(alert, 'cveIdentifiers').map(readCve)
  const steps = listOf(alert, 'remediationSteps').map(readStep)
  const ncscLink = parseWebAddress(lineOf(fieldOf(alert, 'ncscLink')) ?? '')
  const sources = linesOf(alert, 'sourceOfThreatUpdates')
  const stepLinks = steps.map(step => step.link).filter(link => link !== null)
  const links = [...sources, ...stepLinks].map(parseWebAddress).filter(address => address !== undefined)

  const item: IntelligenceItem = {
    externalId: id,
    title: title ?? `NHS cyber alert ${id}`,
    summary,
    url: readPageAddress(lineOf(fieldOf(alert, 'basePath')) ?? ''),
    published: published ?? null,
    updated: updated ?? null,
    cves: [...new Set(cves.map(cve => cve.cve).filter(cve => /^CVE-\d{4}-\d{4,19}$/.test(cve)))],
    severity: latestSeverity(severityHistory) ?? parseSeverity(lineOf(fieldOf(alert, 'severity')) ?? '') ?? null,
    cvssTenths: null,
    products: affects.flatMap(productsOf),
    kev: null,
    tlp: null,
    withdrawn: false,
    references: [...new Set([...(ncscLink === undefined ? [] : [ncscLink]), ...links])],
    details: {
      summaryHtml: htmlOf(fieldOf(alert, 'summary')),
      threatType: lineOf(fieldOf(alert, 'threatType')) ?? null,
      categories: linesOf(alert, 'category'),
      vectors: linesOf(alert, 'threatVector'),
      severityHistory: severityHistory.map(entry => ({ severity: entry.severity, date: entry.at?.toISOString() ?? null })),
      affects,
      sections: listOf(alert, 'sections').map(readBlock),
      updates: updates.map(({ at, title: heading, html }) => ({ date: at?.toISOString() ?? null, title: heading, contentHtml: html })),
      remediationIntroHtml: htmlOf(fieldOf(alert, 'remediationIntro')),
      remediationSteps: steps,
      indicatorsOfCompromise: listOf(alert, 'indicatorsCompromise').map(readBlock),
      cves,
      sources,
      ncscLink: ncscLink ?? null,
      acknowledgements: listOf(alert, 'cyberAcknowledgements').map(readAcknowledgement),
      archived: fieldOf(alert, 'archiveContent') === true,
    },
  }
  const warnings = [
    ...(title === undefined ? [`${id} has no title: alerts that are not for the public come without one.`] : []),
    ...(published === undefined ? [`${id} has no date of publication that can be read.`] : []),
  ]
  return { item, warnings }
}

interface SeverityEntry {
  readonly severity: Severity
  readonly at: Instant | undefined
}

function readSeverityHistory(alert: unknown): SeverityEntry[] {
  return listOf(alert, 'severityStatusHistory').flatMap(entry => {
    const severity = parseSeverity(lineOf(fieldOf(entry, 'severity')) ?? '')
    return severity === undefined ? [] : [{ severity, at: instantOf(fieldOf(entry, 'date')) }]
  })
}

/** The entry with the latest date counts, wherever it stands in the list; of several on that date the worst. */
function latestSeverity(history: readonly SeverityEntry[]): Severity | undefined {
  const timeOf = (entry: SeverityEntry) => entry.at?.getTime() ?? -Infinity
  return history.toSorted((a, b) => timeOf(b) - timeOf(a) || compareSeverity(a.severity, b.severity))[0]?.severity
}

function readAffected(affected: unknown) {
  return {
    platform: plainOf(fieldOf(affected, 'platformText')),
    platformHtml: htmlOf(fieldOf(affected, 'platformText')),
    versions: linesOf(affected, 'versionsAffected'),
  }
}

/** Alerts name what is affected in free text, without a maker. */
function productsOf({ platform, versions }: { platform: string; versions: readonly string[] }): IntelligenceProduct[] {
  const product = shorten(cleanLine(platform), 300)
  if (product === '') return []
  return (versions.length === 0 ? [null] : versions).map(version => ({ maker: '', product, version, cpe: null, purl: null, affected: true }))
}

function readStep(step: unknown) {
  const link = fieldOf(step, 'link')
  return {
    type: lineOf(fieldOf(step, 'type')) ?? '',
    stepHtml: htmlOf(fieldOf(step, 'step')),
    link: resolve(lineOf(link) ?? lineOf(fieldOf(link, 'linkAddress')) ?? '') ?? null,
  }
}

function readBlock(block: unknown) {
  return { heading: lineOf(fieldOf(block, 'heading')) ?? lineOf(fieldOf(block, 'title')) ?? '', contentHtml: htmlOf(fieldOf(block, 'content')) }
}

function readCve(entry: unknown) {
  return {
    cve: lineOf(fieldOf(entry, 'cveIdentifier'))?.toUpperCase() ?? '',
    status: lineOf(fieldOf(entry, 'cveStatus')) ?? '',
    text: plainOf(fieldOf(entry, 'cveText')),
  }
}

function readAcknowledgement(entry: unknown) {
  return {
    link: parseWebAddress(lineOf(fieldOf(entry, 'linkAddress')) ?? '') ?? null,
    respondBy: instantOf(fieldOf(entry, 'responseDatetime'))?.toISOString() ?? null,
  }
}

/** The CMS repeats the last step of the path, and the site answers over https only. */
function readPageAddress(basePath: string): string | null {
  const address = resolve(basePath.replace(/\/([^/]+)\/\1\/?$/, '/$1'))
  return address?.startsWith('http') ? address.replace(/^http:\/\/digital\.nhs\.uk\//, 'https://digital.nhs.uk/') : null
}

/** The member of that name whatever its capitals: the API writes `threatvector` beside `threatType`. Only the object's own. */
export function fieldOf(value: unknown, name: string): unknown {
  if (!isRecord(value)) return undefined
  const key = Object.hasOwn(value, name) ? name : Object.keys(value).find(candidate => candidate.toLowerCase() === name.toLowerCase())
  return key === undefined ? undefined : value[key]
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const member = fieldOf(value, name)
  return Array.isArray(member) ? member : []
}

/** A list of texts; one text alone counts as a list of one. */
function linesOf(value: unknown, name: string): readonly string[] {
  const member = fieldOf(value, name)
  const members: readonly unknown[] = Array.isArray(member) ? member : [member]
  return members.map(lineOf).filter(line => line !== undefined)
}

function lineOf(value: unknown): string | undefined {
  return typeof value === 'string' ? cleanLine(value) || undefined : undefined
}

/** HTML stands as text, or inside an object of the CMS as `content`. */
function rawHtmlOf(value: unknown): string {
  const content = isRecord(value) ? fieldOf(value, 'content') : value
  return typeof content === 'string' ? content : ''
}

function htmlOf(value: unknown): string {
  return toSafeHtml(rawHtmlOf(value))
}

function plainOf(value: unknown): string {
  return toPlainText(rawHtmlOf(value))
}

/** Milliseconds since 1970, or an RFC 3339 date and time. */
function instantOf(value: unknown): Instant | undefined {
  if (typeof value === 'number') return instantFromMillis(value)
  return typeof value === 'string' ? parseInstant(value.trim()) : undefined
}

function latest(instants: readonly (Instant | undefined)[]): Instant | undefined {
  return instants.filter(at => at !== undefined).toSorted((a, b) => b.getTime() - a.getTime())[0]
}
