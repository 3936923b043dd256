import type { IntelligenceBatch, IntelligenceItem, RejectedItem } from '../../kernel/intelligence.ts'
import { excerptOf, isRecord, listAt, memberOf, numberAt, parseJson, pointerTo } from '../../kernel/json.ts'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import { alertIdOf, fieldOf, readAlert } from './alert.ts'

/**
 * NHS cyber alerts as their public API gives them: a page `{pageSize, total, items, currentPage, totalPages}`, or one alert alone
 * (`/single?threatid=CC-nnnn`). Dates are milliseconds, texts are HTML, and the CMS leaks names of its own.
 */

/** Whether parsed JSON is a page of alerts, or one alert. */
export function recognisesNhsCyberAlerts(json: unknown): boolean {
  const isEnvelope =
    Array.isArray(memberOf(json, 'items')) && (memberOf(json, 'pageSize') !== undefined || memberOf(json, 'totalPages') !== undefined)
  return fieldOf(json, 'threatId') !== undefined || (isEnvelope && hasAlerts(listAt(json, 'items')))
}

/** Reads the text of a page. See `readNhsCyberAlerts`; further rules are those of `parseJson`. */
export function parseNhsCyberAlerts(text: string): Result<IntelligenceBatch> {
  const json = parseJson(text)
  return json.ok ? readNhsCyberAlerts(json.value) : json
}

/**
 * Reads parsed JSON as a page of alerts. An alert that cannot be taken in is put in `rejected`, the rest goes on. A page is never
 * `complete`: alerts that it lacks stand on other pages. Fails with `nhs-cyber-alerts.not-alerts`; warns with `nhs-cyber-alerts.alert.incomplete`.
 */
export function readNhsCyberAlerts(json: unknown): Result<IntelligenceBatch> {
  if (!recognisesNhsCyberAlerts(json)) {
    const message = 'This is JSON, but not a page of NHS cyber alerts: it has no list named "items" of alerts with a "threatId".'
    return fail({ rule: 'nhs-cyber-alerts.not-alerts', pointer: '', severity: 'error', message })
  }
  const isSingle = fieldOf(json, 'threatId') !== undefined
  const alerts = isSingle ? [json] : listAt(json, 'items')
  const items: IntelligenceItem[] = []
  const rejected: RejectedItem[] = []
  const problems: Problem[] = []
  const seen = new Set<string>()

  for (const [index, alert] of alerts.entries()) {
    const position = isSingle ? '' : pointerTo('items', index)
    const id = alertIdOf(alert)
    const reading = id !== null && seen.has(id) ? { reason: `${id} stands twice on this page: the first was kept.` } : readAlert(alert)
    if ('reason' in reading) {
      rejected.push({ position, externalId: id, reason: reading.reason, excerpt: excerptOf(alert) })
      continue
    }
    seen.add(reading.item.externalId)
    items.push(reading.item)
    for (const message of reading.warnings)
      problems.push({ rule: 'nhs-cyber-alerts.alert.incomplete', pointer: position, severity: 'warning', message })
  }
  const batch: IntelligenceBatch = {
    format: 'nhs-cyber-alerts',
    complete: false,
    label: labelOf(json, isSingle ? items[0] : undefined),
    released: null,
    publisher: { name: 'NHS England', namespace: 'https://digital.nhs.uk/' },
    items,
    rejected,
  }
  return succeed(batch, problems)
}

function hasAlerts(items: readonly unknown[]): boolean {
  return items.length === 0 || items.some(item => isRecord(item) && fieldOf(item, 'threatId') !== undefined)
}

function labelOf(json: unknown, alone: IntelligenceItem | undefined): string {
  if (alone !== undefined) return `NHS cyber alert ${alone.externalId}`
  const page = numberAt(json, 'currentPage')
  const pages = numberAt(json, 'totalPages')
  return page === undefined || pages === undefined ? 'NHS cyber alerts' : `NHS cyber alerts, page ${page} of ${pages}`
}
