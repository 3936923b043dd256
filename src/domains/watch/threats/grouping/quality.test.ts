import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sharedData, skipWithoutSharedData } from '../../../../../test/support/shared-data.ts'
import { readCve, recognisesCve } from '../../../../codecs/cve/record.ts'
import { scoreCvss } from '../../../../codecs/cvss/score.ts'
import type { IntelligenceItem } from '../../../../kernel/intelligence.ts'
import { recognise } from '../../gathering/recognise.ts'
import { placeItems } from './placement.ts'
import { isRollUp, traitsOf, type ItemTraits } from './traits.ts'

/**
 * How well items without a CVE find their threat. The labels come from the real data: two items are about one thing when they share a CVE.
 * Each advisory and alert is asked anew with its CVEs hidden, from its title and its references too, beside all others.
 */
const FOLDERS = ['csaf/cisa-medical', 'csaf/cisa-ot', 'csaf/cisa-it', 'cve/vulnrichment', 'nhs-alerts', 'kev/2025-02-05']
const LEAST_PRECISION = 0.95
const LEAST_RECALL = 0.7

test('an advisory whose CVEs are hidden joins its own threat or none', { skip: skipWithoutSharedData }, context => {
  const all = FOLDERS.flatMap(itemsUnder).map((item, index) => ({ item, traits: traitsOf(`i${index}`, item.published, item) }))
  assert.ok(all.length > 1_700, `only ${all.length} items could be read`)
  const threatOf = new Map(
    placeItems(
      all.map(({ traits }) => traits),
      [],
      counter(),
    ).map(one => [one.itemId, one.threatId]),
  )
  const threats = Map.groupBy(all, ({ traits }) => threatOf.get(traits.id) ?? '')

  const tally = { asked: 0, joined: 0, right: 0 }
  for (const { item, traits } of all) {
    if (item.kev !== null || isRollUp(traits) || traits.cves.length === 0 || !isAdvisory(item)) continue
    const known = [...threats].flatMap(([id, members]) => {
      const items = members.map(member => member.traits).filter(member => member !== traits)
      return items.length === 0 ? [] : [{ id, items }]
    })
    const own = known
      .filter(threat => threat.items.some(other => !isRollUp(other) && other.cves.some(cve => traits.cves.includes(cve))))
      .map(({ id }) => id)
    const [placed] = placeItems([hidden(item)], known, counter())
    if (own.length > 0) tally.asked += 1
    if (placed === undefined || placed.isFounder) continue
    tally.joined += 1
    if (own.includes(placed.threatId)) tally.right += 1
  }
  const [precision, recall] = [tally.right / tally.joined, tally.right / tally.asked]
  context.diagnostic(
    `${all.length} items; ${tally.asked} have a partner, ${tally.joined} joined one, ${tally.right} the right one: precision ${precision.toFixed(2)}, recall ${recall.toFixed(2)}`,
  )
  assert.ok(tally.asked >= 30)
  assert.ok(precision >= LEAST_PRECISION, `precision ${precision}`)
  assert.ok(recall >= LEAST_RECALL, `recall ${recall}`)
})

/** Records of single CVEs are no news: hidden, nothing would tell two flaws of one product apart. */
function isAdvisory(item: IntelligenceItem): boolean {
  return !item.externalId.startsWith('CVE-')
}

function hidden(item: IntelligenceItem): ItemTraits {
  const title = item.title.replace(/CVE-\d{4}-\d{4,}/gi, ' ')
  return traitsOf('hidden', item.published, { ...item, title, cves: [], references: item.references.filter(address => !/CVE-\d/i.test(address)) })
}

function itemsUnder(folder: string): readonly IntelligenceItem[] {
  const root = sharedData(folder)
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.json') && !/EXPECTED|MANIFEST/.test(name))
  return files.toSorted().flatMap(name => {
    const bytes = readFileSync(`${root}/${name}`)
    const json: unknown = JSON.parse(bytes.toString('utf8'))
    const read = recognisesCve(json) ? readCve(json, scoreCvss) : recognise(bytes)
    return read.ok ? read.value.items : []
  })
}

function counter(): () => string {
  let made = 0
  return () => `t${(made += 1)}`
}
