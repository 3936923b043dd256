import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { startMailbox } from '../../../platform/mail/mailbox.ts'
import { deliverRelease } from '../deliveries/jobs.ts'

const mailbox = await startMailbox()
after(() => mailbox.close())
const { platform, visitor } = await createTestApp({ sample: true, smtpUrl: mailbox.url })
Object.assign(platform, { mailbox })
await deliverRelease(
  platform,
  (await releasedBulletin(platform, { organisations: 60, prefix: 'A', title: 'A <script>alert(1)</script> flaw' })).releaseId,
  new AbortController().signal,
)

test('the sample’s mailbox lists what came, newest first, page by page', async () => {
  const first = await visitor.get('/mailbox')
  assert.equal(first.statusCode, 200)
  assert.match(first.body, /<strong>60 messages<\/strong>/)
  const next = /href="(\/mailbox\?after=\d+)"/.exec(first.body)?.[1] ?? ''
  const second = await visitor.get(next)
  assert.equal((first.body + second.body).match(/href="\/mailbox\/\d+"/g)?.length, 60)
})

test('search finds an addressee, and words of the text', async () => {
  assert.match((await visitor.get('/mailbox?q=a00007.example')).body, /<strong>1 message<\/strong> matches/)
  assert.match((await visitor.get('/mailbox?q=install+version')).body, /<strong>60 messages<\/strong>/)
  assert.match((await visitor.get('/mailbox?q=nowhere')).body, /No messages/)
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
