import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idOf, indicatorOf, objectOf, relate } from '../../../../../test/support/stix.ts'
import { neighbourhoodOf } from './neighbours.ts'
import { createStixIndex } from './stix-index.ts'

/** What lies around the first of the objects, when those at the places in `closed` cannot be read. */
function around(objects: readonly unknown[], closed: readonly number[] = []) {
  const index = createStixIndex()
  for (const [at, object] of objects.entries()) index.add(object, at)
  const readAt = async (at: number) => (closed.includes(at) ? undefined : objects[at])
  return neighbourhoodOf(new Map([[0, objects[0]]]), index.finish(), readAt)
}

const newer = { modified: '2024-09-09T00:00:00.000Z' }

test('an object is read with what refers to it, and with the other end of that', async () => {
  const objects = [indicatorOf(1), objectOf('malware'), objectOf('tool'), relate('indicates', idOf('indicator', 1), idOf('malware'))]
  const { objects: found, own, isWhole } = await around(objects)
  assert.deepEqual(
    found.map(([at]) => at),
    [0, 1, 3],
  )
  assert.deepEqual([[...own], isWhole], [[idOf('indicator', 1)], true])
})

test('where a version cannot be read nobody is sure of the object, and of what is around it no version is told', async () => {
  const unsure = await around([indicatorOf(1), indicatorOf(1, newer)], [1])
  assert.deepEqual([[...unsure.unsure], [...unsure.own], unsure.objects, unsure.isWhole], [[idOf('indicator', 1)], [idOf('indicator', 1)], [], false])

  const relation = (members: object) => relate('indicates', idOf('indicator', 1), idOf('malware'), members)
  const narrowed = await around([indicatorOf(1), relation({}), relation({ ...newer, revoked: true })], [2])
  assert.deepEqual([narrowed.objects.map(([at]) => at), narrowed.unsure.size, narrowed.isWhole], [[0], 0, false])
})

test('an object belongs to the part in which it stands first', async () => {
  const index = createStixIndex()
  const objects = [indicatorOf(1), indicatorOf(1, newer)]
  for (const [at, object] of objects.entries()) index.add(object, at)
  const later = await neighbourhoodOf(new Map([[1, objects[1]]]), index.finish(), async at => objects[at])
  assert.equal(later.own.size, 0)
})
