import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkFramework } from '../check.ts'
import { readFrameworkFile } from './read-file.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)

async function refusal(bytes: Uint8Array): Promise<string> {
  const read = await readFrameworkFile(bytes)
  return read.ok ? '' : (read.problems[0]?.message ?? '')
}

test('what is no framework is refused in words that say what to give', async () => {
  assert.match(await refusal(bytesOf('')), /empty/)
  assert.match(await refusal(bytesOf('<!doctype html>')), /XML or a web page/)
  assert.match(await refusal(new Uint8Array([0, 1, 2, 255])), /neither text in UTF-8 nor an Excel workbook/)
  assert.match(await refusal(bytesOf('{"a": 1}')), /no file of frameworks that is known/)
  assert.match(await refusal(bytesOf('{"a": ')), /cut off/)
  assert.match(await refusal(bytesOf('just words')), /no file of frameworks that is known/)
  assert.match(await refusal(bytesOf('kind,code,text\n"fact,code')), /Line \d+ of the CSV file cannot be read/)
  assert.match(await refusal(new Uint8Array(10 * 1024 * 1024 + 1)), /larger than 10 MB/)
})

test('what a page takes is read in a moment, whatever it is full of', async () => {
  const started = performance.now()
  const rows = Array.from({ length: 30_000 }, (_, at) => at)
  const profiles = rows.map(at => `profile,p${at},,,P,s\nasks,o${at},p${at},met,,`).join('\n')
  assert.ok((await readFrameworkFile(bytesOf(`kind,code,of,level,text,more\nfact,code,,,x,\n${profiles}`))).ok)
  const table = await readFrameworkFile(bytesOf(JSON.stringify(rows.flatMap(at => [at, at]).map(at => ({ key: `k${at}`, BASELINE: ['ACH'] })))))
  assert.equal(table.ok && table.value.profiles[0]?.levels.length, 60_000)
  const levels = rows.map(at => `level,l${at},,good,L,\noutcome,o${at},,,t,\nindicator,i${at},o${at},l${at},t,`).join('\n')
  const lying = await readFrameworkFile(bytesOf(`kind,code,of,level,text,more\nfact,code,,,x,\n${levels}`))
  for (const framework of lying.ok ? lying.value.frameworks : []) checkFramework(framework)
  // It took minutes when each was looked for among all others; a slow machine takes two seconds.
  assert.ok(performance.now() - started < 20_000)
})

test('no document makes the readers or the check throw, whatever it says of itself', async () => {
  const word = fc.constantFrom('A', 'A1.a', 'A1.a.1', 'urn:x:risk:framework:y-1', 'urn:x:risk:req_node:y-1:a', 'Achieved', '__proto__', '', 'met')
  const names =
    'objectives principles outcomes indicators achieved code title min_profile_requirement assessment-rules urn objects framework requirement_nodes parent_urn assessable ' +
    'requirement_mapping_set requirement_mappings catalog profile metadata groups controls id parts prose imports include-controls with-ids key BASELINE __proto__'
  const name = fc.constantFrom(...names.split(' '))
  const leaf = fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null))
  const tree = fc.letrec<{ node: unknown }>(tie => ({
    node: fc.oneof(
      { maxDepth: 6 },
      leaf,
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(name, tie('node'), { maxKeys: 5, noNullPrototype: true }),
    ),
  })).node
  const wrapped = fc.oneof(
    tree,
    tree.map(node => ({ objectives: { A: { principles: { A1: { outcomes: { 'A1.a': node } } } } } })),
    tree.map(node => ({
      urn: 'urn:x',
      objects: { framework: { requirement_nodes: [node, { urn: 'urn:x:risk:req_node:y-1:a', assessable: true }] }, requirement_mapping_set: node },
    })),
    tree.map(node => ({ catalog: { metadata: {}, groups: [node], controls: [{ id: 'a', parts: node }] } })),
    tree.map(node => ({ profile: { metadata: {}, imports: node } })),
    tree.map(node => [{ key: 'A1.a', BASELINE: [], more: node }]),
  )
  await fc.assert(
    fc.asyncProperty(wrapped, async data => {
      const read = await readFrameworkFile(bytesOf(JSON.stringify(data) ?? 'null'))
      if (read.ok) for (const framework of read.value.frameworks) checkFramework(framework)
    }),
    { numRuns: 500 },
  )
})
