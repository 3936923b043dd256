import { collectDefaultMetrics, Histogram, Registry } from 'prom-client'

/** Counts and timings for `/metrics`, in Prometheus's text format. Labels are routes, never addresses that people asked for. */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'carecert_' })
  const requests = new Histogram({
    name: 'carecert_http_request_seconds',
    help: 'How long requests took, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  })
  return {
    contentType: registry.contentType,
    observe: (method: string, route: string, status: number, milliseconds: number) =>
      requests.observe({ method, route, status: String(status) }, milliseconds / 1000),
    text: () => registry.metrics(),
  }
}
