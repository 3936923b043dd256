import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'

const app = await createTestApp()
const manager = await app.signIn('duty-manager')
const pageOf = (number: number, kind: string) => `/bulletins/CC-${number}/renditions/${kind}`

test('each rendition has a page, and the bulletin’s page leads to it', async () => {
  const content = { clinicalImpact: 'Wards write on **paper**.', boardWords: 'One line.\nAnother line.' }
  const { number } = await releasedBulletin(app.platform, { organisations: 1, content })
  const { body } = await manager.get(`/bulletins/CC-${number}`)
  for (const kind of ['technical', 'clinical', 'board', 'call', 'text', 'print']) {
    assert.ok(body.includes(`href="${pageOf(number, kind)}"`), kind)
    assert.equal((await manager.get(pageOf(number, kind))).statusCode, 200, kind)
  }
  assert.match((await manager.get(pageOf(number, 'clinical'))).body, /Wards write on <strong>paper<\/strong>/)
  assert.match((await manager.get(pageOf(number, 'board'))).body, /<li>One line\.<\/li><li>Another line\.<\/li>/)
  assert.match((await manager.get(pageOf(number, 'call'))).body, /This is the cyber centre about CC-/)
  assert.match((await manager.get(pageOf(number, 'text'))).body, /\d+ of 1(53|60) characters/)
  assert.equal((await manager.get(pageOf(number, 'poem'))).statusCode, 404)
})

test('what a label keeps from a telephone or a text message is not on those pages, and who signed in reads it all', async () => {
  const { number } = await releasedBulletin(app.platform, { organisations: 1, tlp: 'RED', title: 'A secret title', prefix: 'R' })
  for (const kind of ['call', 'text']) {
    const { body } = await manager.get(pageOf(number, kind))
    assert.match(body, /TLP:RED keeps what it says/, kind)
    const said = body.slice(body.indexOf('nhsuk-u-reading-width'))
    for (const words of ['A secret title', 'Install version 2', 'an invented maker'])
      assert.ok(!said.toLowerCase().includes(words.toLowerCase()), `${kind}: ${words}`)
  }
  assert.match((await manager.get(pageOf(number, 'print'))).body, /A secret title/)
})

test('an organisation reads the renditions of what was sent to it, and neither scripts nor what went to others', async () => {
  const { number, organisationIds } = await releasedBulletin(app.platform, { organisations: 1, prefix: 'A' })
  const other = await releasedBulletin(app.platform, { organisations: 1, prefix: 'B' })
  const { rows } = await sql<{ code: string }>`select code from directory_organisation where id = ${organisationIds[0]}`.execute(
    app.platform.database.kysely,
  )
  const lead = await app.signIn('cyber-lead', { organisation: rows[0]?.code ?? '' })
  assert.equal((await lead.get(pageOf(number, 'board'))).statusCode, 200)
  assert.equal((await lead.get(pageOf(number, 'call'))).statusCode, 404)
  assert.equal((await lead.get(pageOf(other.number, 'board'))).statusCode, 404)
  assert.ok(!(await lead.get(`/bulletins/CC-${number}`)).body.includes('renditions/call'))
})
