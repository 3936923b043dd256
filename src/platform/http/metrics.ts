import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { GaugeSample, MetricsHook } from '../module.ts'

/**
 * Counts and timings for `/metrics`, in Prometheus's text format, and what `readAll` gives of the domains' own figures. Labels are routes and codes,
 * never addresses that people asked for. Where the domains cannot be asked, `carecert_figures_up` is 0 and theirs are left out.
 */
export function createMetrics(hooks: readonly MetricsHook[], readAll: () => Promise<readonly GaugeSample[]>) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'carecert_' })
  const requests = new Histogram({
    name: 'carecert_http_request_seconds',
    help: 'How long requests took, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  })
  const up = new Gauge({ name: 'carecert_figures_up', help: 'Whether the figures below could be read from the database.', registers: [registry] })
  const gauges = new Map(
    hooks
      .flatMap(hook => hook.gauges)
      .map(({ name, help, labels }) => [name, new Gauge({ name, help, labelNames: [...labels], registers: [registry] })]),
  )
  return {
    contentType: registry.contentType,
    observe: (method: string, route: string, status: number, milliseconds: number) =>
      requests.observe({ method, route, status: String(status) }, milliseconds / 1000),
    /** Tells `failed` of what kept the domains from being asked. */
    async text(failed: (error: unknown) => void): Promise<string> {
      let samples: readonly GaugeSample[] = []
      let isUp = true
      try {
        samples = await readAll()
      } catch (error) {
        isUp = false
        failed(error)
      }
      // From here on nothing waits, so that two scrapes at once do not meet each other's figures.
      up.set(isUp ? 1 : 0)
      for (const gauge of gauges.values()) gauge.reset()
      for (const { name, labels, value } of samples) gauges.get(name)?.set({ ...labels }, value)
      return registry.metrics()
    },
  }
}
