import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { readCsv, walkList } from '../../../../test/support/lists.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { startMailbox } from '../../../platform/mail/mailbox.ts'
import { deliverMailing } from '../deliveries/jobs.ts'

const mailbox = await startMailbox()
after(() => mailbox.close())
const { platform, visitor } = await createTestApp({ sample: true, smtpUrl: mailbox.url })
Object.assign(platform, { mailbox })
await deliverMailing(
  platform,
  (await releasedBulletin(platform, { organisations: 60, prefix: 'A', title: 'A <script>alert(1)</script> flaw' })).mailingId,
  new AbortController().signal,
)

const MESSAGE = /href="\/mailbox\/(\d+)"/
const walk = async (query: string) => (await walkList(visitor, `/mailbox?${query}`, MESSAGE)).rows.map(Number)

test('the sample’s mailbox lists what came, newest first, page by page', async () => {
  const ids = await walk('')
  assert.equal(ids.length, 60)
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => b - a),
  )
})

test('every order meets each message once, also where all have one subject, and the file holds the same', async () => {
  for (const sort of ['at', 'to', 'subject']) {
    const up = await walk(`sort=${sort}`)
    assert.equal(up.length, 60, sort)
    assert.deepEqual(await walk(`sort=-${sort}`), up.toReversed(), `-${sort}`)
    const file = await readCsv(visitor, `/mailbox.csv?sort=${sort}`)
    assert.deepEqual(
      file.map(row => row['to']),
      await Promise.all(up.map(async id => (await mailbox.message(id))?.to.join(', '))),
      sort,
    )
  }
  const [first] = await readCsv(visitor, '/mailbox.csv?sort=to')
  assert.equal(first?.['to'], 'desk0@a00000.example')
  assert.match(first?.['subject'] ?? '', /^TLP:GREEN High CC-\d+ A <script>/)
  assert.match(first?.['at'] ?? '', /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
})

test('search finds an addressee, and words of the text, in the list and its file alike', async () => {
  assert.match((await visitor.get('/mailbox?q=a00007.example')).body, /<strong>1 message<\/strong> matches/)
  assert.equal((await walk('q=install+version&sort=to')).length, 60)
  assert.equal((await readCsv(visitor, '/mailbox.csv?q=a0000&sort=to')).length, (await walk('q=a0000&sort=to')).length)
  assert.match((await visitor.get('/mailbox?q=install&sort=to')).body, /href="\/mailbox\?q=install&amp;sort=to&amp;cursor=/)
  assert.match((await visitor.get('/mailbox?q=nowhere')).body, /No message matches[\s\S]*Clear the search/)
})

test('a message is shown as text with its links, and its HTML without anything that runs', async () => {
  const id = (await mailbox.messages('a00003.example'))[0]?.id
  const { body } = await visitor.get(`/mailbox/${id}`)
  assert.match(body, /A &lt;script&gt;alert\(1\)&lt;\/script&gt; flaw/)
  assert.doesNotMatch(body, /<script>alert|style="/)
  const link = /href="(\/r\/del_[^"]+)"/.exec(body)?.[1] ?? ''
  assert.match((await visitor.get(link)).body, /Your answer/)
  assert.match(body, /message-id/)
  assert.equal((await visitor.get('/mailbox/99999')).statusCode, 404)
})
