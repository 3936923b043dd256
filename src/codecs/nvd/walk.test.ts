import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { lineAt, listAt, recordAt } from '../../kernel/json.ts'
import { nvdPaging, type NvdPaging } from './page.ts'
import { NVD_WALK_START, stepNvdWalk, type NvdWalk } from './walk.ts'

function step(walk: NvdWalk, page: NvdPaging): NvdWalk {
  const next = stepNvdWalk(walk, page)
  assert.ok(next.ok, JSON.stringify(next.problems))
  return next.value
}

test('the walk ends when all were seen', () => {
  const first = step(NVD_WALK_START, { startIndex: 0, count: 2, total: 3 })
  assert.deepEqual(first, { next: 2, total: 3, returns: 0 })
  assert.equal(step(first, { startIndex: 2, count: 1, total: 3 }).next, null)
  assert.equal(step(NVD_WALK_START, { startIndex: 0, count: 0, total: 0 }).next, null)
})

test('the walk goes on when the total grows, and goes back by as many when it falls', () => {
  const first = step(NVD_WALK_START, { startIndex: 0, count: 2, total: 3 })
  const grown = step(first, { startIndex: 2, count: 1, total: 4 })
  assert.deepEqual(grown, { next: 3, total: 4, returns: 0 })
  assert.deepEqual(step(grown, { startIndex: 3, count: 0, total: 3 }), { next: 2, total: 3, returns: 1 })
})

test('what makes no sense ends the walk with a reason', () => {
  const first = step(NVD_WALK_START, { startIndex: 0, count: 2, total: 9 })
  assert.equal(stepNvdWalk(first, { startIndex: 0, count: 2, total: 9 }).problems[0]?.rule, 'nvd.page.unexpected')
  assert.equal(stepNvdWalk(first, { startIndex: 2, count: 0, total: 9 }).problems[0]?.rule, 'nvd.page.empty')
  assert.equal(stepNvdWalk({ ...first, returns: 50 }, { startIndex: 2, count: 2, total: 8 }).problems[0]?.rule, 'nvd.page.unsettled')
})

test('whatever comes in or leaves while the pages are read, a walk that ends has met all that were there throughout', () => {
  const change = fc.record({ at: fc.nat(), add: fc.nat({ max: 2 }), take: fc.boolean() })
  fc.assert(
    fc.property(fc.nat({ max: 30 }), fc.integer({ min: 1, max: 7 }), fc.array(change, { maxLength: 6 }), (size, pageSize, changes) => {
      let held = Array.from({ length: size }, (_, index) => `old-${index}`)
      const throughout = new Set(held)
      const met = new Set<string>()
      let walk = NVD_WALK_START
      for (let request = 0; walk.next !== null; request++) {
        assert.ok(request < 200)
        const page = held.slice(walk.next, walk.next + pageSize)
        for (const id of page) met.add(id)
        const result = stepNvdWalk(walk, { startIndex: walk.next, count: page.length, total: held.length })
        if (!result.ok) return
        walk = result.value
        const meanwhile = changes[request]
        if (meanwhile === undefined) continue
        // Either one leaves, or some come in at any place: both at once can hide one from any reader of pages.
        const place = meanwhile.at % (held.length + 1)
        const gone = meanwhile.take ? held[place] : undefined
        if (gone !== undefined) throughout.delete(gone)
        const added = meanwhile.take ? [] : Array.from({ length: meanwhile.add }, (_, index) => `new-${request}-${index}`)
        held = [...held.slice(0, place), ...added, ...held.slice(place + (meanwhile.take ? 1 : 0))]
        // The last page was the last request: what changes after it is another day's work.
        if (walk.next === null) return
      }
      assert.deepEqual(
        [...throughout].filter(id => !met.has(id)),
        [],
      )
    }),
  )
})

/** The folder is one conversation: `startIndex-resultsPerPage.json`. */
function converse(folder: string, pageSize: number) {
  const ids: string[] = []
  let walk = NVD_WALK_START
  let total = 0
  while (walk.next !== null) {
    const file = sharedData(`nvd/api2-paging/${folder}/${walk.next}-${pageSize}.json`)
    assert.ok(existsSync(file), file)
    const json: unknown = JSON.parse(readFileSync(file, 'utf8'))
    const paging = nvdPaging(json)
    assert.ok(paging)
    ids.push(...listAt(json, 'vulnerabilities').map(entry => lineAt(recordAt(entry, 'cve'), 'id') ?? ''))
    walk = step(walk, paging)
    total = paging.total
  }
  return { ids, total }
}

test('each conversation of the reference data ends with the full set, also when the total grows', { skip: skipWithoutSharedData }, () => {
  for (const [folder, size] of [
    ['1_item', 1],
    ['3_items', 3],
    ['3_pages', 8],
    ['increase', 8],
  ] as const) {
    const { ids, total } = converse(folder, 3)
    assert.deepEqual([folder, new Set(ids).size, ids.length, total], [folder, size, size, size])
  }
})
