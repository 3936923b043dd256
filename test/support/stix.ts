import assert from 'node:assert/strict'
import { readStix } from '../../src/codecs/stix/bundle.ts'
import type { IntelligenceBatch, IntelligenceItem } from '../../src/kernel/intelligence.ts'
import type { Result } from '../../src/kernel/problem.ts'

/** STIX objects for tests, as small as the standard allows. */

export function valueOf(result: Result<IntelligenceBatch>): IntelligenceBatch {
  assert.ok(result.ok, JSON.stringify(result.problems))
  return result.value
}

export function itemOf(json: unknown, id: string): IntelligenceItem {
  const item = valueOf(readStix(json)).items.find(entry => entry.externalId === id)
  assert.ok(item !== undefined)
  return item
}

/** An id of that type; the number tells two apart. */
export function idOf(type: string, number = 1): string {
  return `${type}--00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
}

export const TIMES = { spec_version: '2.1', created: '2024-01-02T03:04:05.000Z', modified: '2024-01-03T03:04:05.000Z' }
export const WHITE = 'marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9'
export const AMBER = 'marking-definition--f88d31f6-486f-44da-b317-01333bde0b82'
export const STRICT = 'marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003'
export const RED = 'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1'

export function objectOf(type: string, members: object = {}, number = 1): Record<string, unknown> {
  return { type, id: idOf(type, number), ...TIMES, name: `A ${type}`, ...members }
}

export function indicatorOf(number: number, members: object = {}): Record<string, unknown> {
  return objectOf(
    'indicator',
    {
      name: `Indicator ${number}`,
      pattern: `[domain-name:value = 'evil${number}.example']`,
      pattern_type: 'stix',
      valid_from: TIMES.created,
      ...members,
    },
    number,
  )
}

export function relate(type: string, from: string, to: string, members: object = {}, number = 1): Record<string, unknown> {
  return { type: 'relationship', id: idOf('relationship', number), ...TIMES, relationship_type: type, source_ref: from, target_ref: to, ...members }
}

export function bundleOf(...objects: readonly unknown[]): unknown {
  return { type: 'bundle', id: idOf('bundle'), objects }
}
