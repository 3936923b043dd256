import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startWebhookReceiver } from '../../support/webhook-receiver.ts'
import { startJourneys, TELEPHONE, until, type Journeys } from './journeys.ts'

/** One journey for each person outside the centre, and for a machine: each reads what they need, at the screen that they use. */
let journeys: Journeys
const receiver = await startWebhookReceiver()

before(async () => {
  journeys = await startJourneys({ WEBHOOK_ALLOW_PRIVATE: receiver.host })
})

after(() => journeys.stop())

/** Of the sample: live with many silent; live and settled; released a moment ago, its mail on the way. */
const [LIVE, SETTLED, FRESH] = ['CC-5005', 'CC-5003', 'CC-5008']
const withoutScripts = { javaScriptEnabled: false }
const onTelephone = { javaScriptEnabled: false, viewport: TELEPHONE }

test('A regional lead sees the organisations of the region and no others, and rings one of them', async () => {
  const lead = await journeys.open('regional-lead', withoutScripts)
  assert.match(await lead.words(), /Live bulletins/)
  await lead.go(`/bulletins/${LIVE}?by=region`)
  const words = await lead.words()
  assert.match(words, /By region.*Northmarch Region \d+/)
  assert.doesNotMatch(words, /Upper Tarn|Eastwater|Westholt|Southdown|Midvale|Capital/)
  const silent = Number(/(\d+) Silent/.exec(words)?.[1])
  await lead.press('Work the telephone list')
  const later = Number(/(\d+)(?: more)? ha(?:ve|s) not answered, and comes? on the list later/.exec(await lead.words())?.[1])
  assert.ok(later > 0 && later <= silent, `${later} of ${silent}: some may have answered meanwhile`)
  await lead.go(`/bulletins/${LIVE}/recipients?stage=silent`)
  const code = /\bX[A-Z]\d{4}\b/.exec(await lead.words())?.[0] ?? assert.fail('nobody is silent')
  await lead.go(`/bulletins/${LIVE}/telephone/${code}`)
  await lead.press('I ring them')
  await lead.page.getByRole('radio', { name: 'A message was left' }).check()
  await lead.press('Write it down and ring the next')
  assert.match(await lead.words(), /is written down/)
  await lead.close()
})

test('A cyber lead answers in a minute from a telephone, moves the date, ticks a step, and chooses not to act', async () => {
  const lead = await journeys.open('cyber-lead', onTelephone)
  assert.match(
    await lead.words(),
    new RegExp(`To answer now ${FRESH}.*What we said we would do.*Safe to use, do not disconnect.*Who we are to the centre`),
  )
  await lead.press('In progress')
  assert.match(await lead.words(), /When will you say more\?/)
  await lead.press(/^By \d+ /)
  assert.match(await lead.words(), /What we said we would do.*Phishing/)

  await lead.go(`/bulletins/${FRESH}`)
  assert.match(await lead.words(), /In progress.*The centre sees your answer, its dates and the reason chosen\. It does not see your note/)
  await lead.page.getByText('Change the answer').or(lead.page.getByText('Give another answer')).first().click()
  await lead.page.getByRole('main').getByRole('button', { name: 'In progress' }).last().click()
  await lead.press(/^By \d+ /)
  await lead.go(`/bulletins/${FRESH}`)
  assert.match(await lead.words(), /more by \d+ \w+ \d{4}/)

  await lead.press('Steps and devices: tick, give to somebody, count')
  assert.match(await lead.words(), /0 of 1 done.*Aware/)
  await lead.page.getByRole('checkbox').first().check()
  await lead.press('Save the steps')
  assert.match(await lead.words(), /1 of 1 done/)

  await lead.go(`/bulletins/${SETTLED}`)
  await lead.page.getByText('Change the answer').click()
  await lead.press('We choose not to act')
  await lead.page.getByRole('radio', { name: 'Downtime is not safe for patients' }).check()
  await lead.page.getByLabel('In your own words').fill('Theatres run all week.')
  await lead.press('Record: We choose not to act')
  assert.match(await lead.words(), /Recorded.*We choose not to act.*looked at again on/)
  await lead.go('/webhooks')
  assert.match(await lead.words(), /A webhook tells your own systems/)
  await lead.close()

  const centre = await journeys.open('duty-manager', withoutScripts)
  await centre.go(`/bulletins/${SETTLED}/recipients?stage=decided&q=XT0001`)
  assert.match(await centre.words(), /Downtime is not safe|not to act/i)
  assert.doesNotMatch(await centre.words(), /Theatres run all week/, 'the words belong to the organisation')
  await centre.close()
})

test('A senior risk owner signs the decision from the link in the mail, and opening the link signs nothing', async () => {
  const lead = await journeys.open('cyber-lead', withoutScripts)
  await lead.go(`/bulletins/${SETTLED}/decision`)
  const who = lead.page.getByLabel('Who', { exact: true })
  if (!(await who.isVisible())) await lead.page.locator('summary', { hasText: 'Ask somebody to sign' }).click()
  await who.selectOption({ index: 0 })
  await lead.press('Send them the link to sign')
  const { text } = await journeys.mail('waits for your signature')
  assert.doesNotMatch(text, /Theatres run all week/, 'the decision is not in the mail')
  const link = /http\S+\/sign\/\S+/.exec(text)?.[0] ?? ''
  const name = /It is for (.+?) alone/.exec(text)?.[1] ?? ''
  const owner = await journeys.open(null, onTelephone)
  await owner.go(link)
  assert.match(await owner.words(), /decided.*Chose not to act.*Theatres run all week.*You sign exactly this/)
  await lead.go(`/bulletins/${SETTLED}/decision`)
  assert.doesNotMatch(await lead.words(), /Signed/)
  await owner.page.getByLabel(/name/i).fill(name)
  await owner.press('Sign this decision')
  assert.match(await owner.words(), /You signed this/)
  await lead.go(`/bulletins/${SETTLED}/decision`)
  assert.match(await lead.words(), new RegExp(`Signed.*${name}`))
  await owner.close()
  await lead.close()
})

test('A partner answers once for many, leaves one out by its code, and takes the list away as CSV', async () => {
  const partner = await journeys.open('partner-responder', withoutScripts)
  const { page } = partner
  assert.match(await partner.words(), /To answer for your organisations.*Your organisations/)
  await partner.go(`/bulletins/${LIVE}`)
  await partner.press('Answer for your organisations')
  const waiting = page.getByRole('row').filter({ hasText: 'No answer yet' })
  const before = await waiting.count()
  const codes: string[] = []
  for (const row of (await waiting.all()).slice(0, 3)) {
    codes.push(/X\w+\d+/.exec(await row.innerText())?.[0] ?? '')
    await row.getByRole('checkbox').check()
  }
  await page.getByRole('radio', { name: 'Acknowledged' }).check()
  await page.getByLabel('Save for these').fill(`${codes[0]}, not-applicable\n${codes[1]}, leave out`)
  await partner.press('Record this answer for all of them')
  assert.match(await partner.words(), /Recorded for 2 organisations/)
  await partner.go(`/answers?bulletin=${LIVE}`)
  assert.equal(await waiting.count(), before - 2)
  const csv = await page.context().request.get(`${journeys.app.address}/answers.csv?bulletin=${LIVE}`)
  assert.match(await csv.text(), new RegExp(`${LIVE},.*,${codes[1]},.*,silent`))
  await partner.close()
})

test('Anyone answers from the link in a mail with one tap, and stops the mail; opening either link changes nothing', async () => {
  const mail = await journeys.mail(FRESH)
  const link = /http\S+\/r\/\S+/.exec(mail.text)?.[0] ?? ''
  const reader = await journeys.open(null, onTelephone)
  await reader.go(link)
  await reader.go(link)
  assert.match(await reader.words(), new RegExp(`For .* ${FRESH}.*What:.*Do this:.*By when:.*Have you seen it\\? Acknowledged`))
  await reader.press('Acknowledged')
  assert.match(await reader.words(), /Recorded for .* Acknowledged/)
  await reader.go(link)
  assert.match(await reader.words(), /This link was used, and works once/)

  const stop = /<(http[^>]+)>/.exec(mail.headers.find(({ name }) => name === 'list-unsubscribe')?.value ?? '')?.[1] ?? ''
  for (let openings = 0; openings < 2; openings += 1) {
    await reader.go(stop)
    assert.match(await reader.words(), /Stop .*\?.*We would ask your organisation and its region to name somebody else/)
  }
  await reader.press(/^Stop /)
  assert.match(await reader.words(), /no longer gets.*We have asked your organisation/)
  await reader.press(/^Undo/)
  assert.match(await reader.words(), /^Stop .*\?/)
  await reader.close()
})

test('Anyone finds what is safe to use and how to report an incident, with a telephone number first', async () => {
  const reader = await journeys.open(null, onTelephone)
  await reader.go('/safe-to-use')
  assert.match(await reader.words(), /Sector mail \(invented\) Safe to use: do not disconnect.*hours ago/)
  await reader.page.getByRole('link', { name: 'Report an incident' }).first().click()
  assert.match(await reader.words(), /Report an incident/i)
  await reader.close()
})

test('A machine is told by webhook, answers in JSON, and hears the figures move on the stream of events', async () => {
  const lead = await journeys.open('cyber-lead')
  const { page } = lead
  await lead.go('/webhooks/add')
  await page.getByRole('radio', { name: /^Our own program or product/ }).check()
  await page.getByLabel('Address').fill(`${receiver.url}/hook`)
  await page.getByLabel('Name', { exact: true }).fill('Service desk')
  await page.getByRole('checkbox', { name: 'An answer of yours is recorded' }).check()
  await page.getByRole('radio', { name: 'All', exact: true }).check()
  await lead.press('Add the webhook')
  assert.match(await lead.words(), /whsec_/, 'the secret, shown once')

  const centre = await journeys.open('duty-manager')
  await centre.go(`/bulletins/${FRESH}`)
  const declined = centre.page.locator('[data-figure="segmentDeclined"]').first()
  const before = Number(await declined.innerText())
  await lead.go(`/bulletins/${FRESH}`)
  const token = await page.locator('input[name="_csrf"]').first().inputValue()
  const answered = await page.context().request.post(`${journeys.app.address}/api/v1/bulletins/${FRESH}/responses`, {
    headers: { 'x-csrf-token': token, 'idempotency-key': 'one' },
    data: { state: 'not-applicable', note: 'From the service desk' },
  })
  assert.equal(answered.status(), 201, await answered.text())
  await until(async () => receiver.hooks.some(({ body }) => body.includes('response.recorded') && body.includes(FRESH)), 'the webhook is told')
  assert.match(String(receiver.hooks[0]?.headers['webhook-signature']), /^v1,/)
  await until(async () => Number(await declined.innerText()) === before + 1, 'the figures of an open page move')
  await lead.close()
  await centre.close()
})
