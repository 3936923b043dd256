import type { GaugeDefinition, MetricsHook } from '../../../platform/module.ts'
import { channelFigures } from './queries/figures.ts'

const gauge = (name: string, help: string, ...labels: readonly string[]): GaugeDefinition => ({ name, help, labels })

const ENDPOINTS = gauge('carecert_webhooks', 'Webhooks of organisations, by state.', 'state')
const WAITING = gauge('carecert_webhook_messages_waiting', 'Messages that webhooks are to be sent still.')
const CALLBACKS = gauge('carecert_notify_callbacks', 'What GOV.UK Notify told us of messages, and whether it named one of ours.', 'status', 'known')

/** How the channels to machines do, for whoever watches the watchers. */
export const CHANNEL_METRICS: MetricsHook = {
  gauges: [ENDPOINTS, WAITING, CALLBACKS],
  async read(db) {
    const { states, waiting, callbacks } = await channelFigures(db)
    return [
      ...states.map(({ state, count }) => ({ name: ENDPOINTS.name, labels: { state }, value: count })),
      { name: WAITING.name, labels: {}, value: waiting },
      ...callbacks.map(({ status, isKnown, count }) => ({ name: CALLBACKS.name, labels: { status, known: String(isKnown) }, value: count })),
    ]
  },
}
