import type { GaugeDefinition, GaugeSample, MetricsHook } from '../../../platform/module.ts'
import { healthOf, HEALTHS } from './model.ts'
import { listSources } from './queries.ts'

const gauge = (name: string, help: string, ...labels: readonly string[]): GaugeDefinition => ({ name, help, labels: ['source', ...labels] })

const HEALTH = gauge('carecert_source_health', 'How a source does: 1 for its health, 0 for every other.', 'health')
const AGE = gauge('carecert_source_last_success_age_seconds', 'How long ago a source last answered. Left out for one that never did.')
const ITEMS = gauge('carecert_source_items', 'What is held of a source and not withdrawn.')
const QUARANTINE = gauge('carecert_source_quarantine_open', 'What of a source could not be read and lies in quarantine still.')
const FAILURES = gauge('carecert_source_failures', 'How often a source failed in a row; 0 after a success.')

/** How the sources do, for whoever watches the watchers. */
export const SOURCE_METRICS: MetricsHook = {
  gauges: [HEALTH, AGE, ITEMS, QUARANTINE, FAILURES],
  async read(db, now) {
    const sources = await listSources(db)
    return sources.flatMap((source): GaugeSample[] => {
      const labels = { source: source.code }
      const health = healthOf(source, now)
      const age = source.lastSuccessAt === null ? [] : [(now.getTime() - source.lastSuccessAt.getTime()) / 1_000]
      return [
        ...HEALTHS.map(name => ({ name: HEALTH.name, labels: { ...labels, health: name }, value: name === health ? 1 : 0 })),
        ...age.map(value => ({ name: AGE.name, labels, value })),
        { name: ITEMS.name, labels, value: source.items },
        { name: QUARANTINE.name, labels, value: source.openQuarantine },
        { name: FAILURES.name, labels, value: source.failures },
      ]
    })
  },
}
