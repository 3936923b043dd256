import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startJourneys, until, type Journeys } from './journeys.ts'

/** One journey for each person of the centre, through the whole product: each reads what that person needs, at the screen that they use. */
let journeys: Journeys

before(async () => {
  // One message a minute to a mail domain: a release is still going out when somebody wants to pause it.
  journeys = await startJourneys({ MAIL_PER_DOMAIN_PER_MINUTE: '*=1' })
})

after(() => journeys.stop())

/** Of the sample: live with many silent; live and settled; approved, and waiting for its time; in review. */
const [LIVE, SETTLED, APPROVED, IN_REVIEW] = ['CC-5005', 'CC-5002', 'CC-5007', 'CC-5006']
const withoutScripts = { javaScriptEnabled: false }

test('An analyst sees what presses and why, makes a bulletin of it, reads it as others will, and sends it for review', async () => {
  const analyst = await journeys.open('analyst', withoutScripts)
  const { page } = analyst
  assert.match(await analyst.words(), /The most pressing threats.*On CISA's list of exploited flaws since.*organisations run it/)
  await analyst.go('/threats?q=signet')
  await analyst.press(/Signet File Exchange/)
  await analyst.press('Draft a bulletin')
  await page.getByLabel('In one sentence').fill('Strangers can read the files of Signet File Exchange.')
  await page.getByRole('textbox', { name: 'Step 1', exact: true }).fill('Install the maker’s update.')
  await analyst.press('Save draft')
  const number = analyst.number()
  await analyst.press('Choose who gets it')
  assert.match(await analyst.words(), /This is a suggestion: whoever runs what the threat is about/)
  await analyst.press('Take or change this suggestion')
  await analyst.press(`Save for ${number}`)
  assert.match(await analyst.words(), /\d+ organisations \d+ contacts to be mailed/)
  await analyst.go(`/bulletins/${number}`)
  for (const rendition of ['Clinical and operational', 'Board', 'Telephone call', 'Text message']) {
    await page.getByRole('link', { name: rendition, exact: true }).click()
    assert.match(await analyst.words(), /Strangers can read the files|Install the maker.s update/, rendition)
    await page.goBack()
  }
  await analyst.press('Send for review')
  assert.match(await analyst.words(), /In review/)
  assert.equal((await analyst.buttons()).includes('Approve'), false, 'nobody approves what they wrote')
  await analyst.close()
})

test('A duty manager rings the silent one after the other, and what they say is their answer', async () => {
  const manager = await journeys.open('duty-manager', withoutScripts)
  const { page } = manager
  await manager.go(`/bulletins/${SETTLED}`)
  const silent = async () => Number(/(\d+) Silent/.exec(await manager.words())?.[1])
  const before = await silent()
  await manager.press('Work the telephone list')
  await manager.press('Ring the next')
  const first = await page.getByRole('heading', { level: 1 }).innerText()
  assert.match(await manager.words(), /Numbers, in this order 0[\d ]+.*What to say .*the cyber centre.*your decision/)
  await page.getByLabel('Who did you speak to').fill('The practice manager')
  await page.getByRole('radio', { name: 'They gave their answer' }).check()
  await page.getByLabel('What they said').selectOption('We have done what was needed')
  await manager.press('Write it down and ring the next')
  assert.match(await manager.words(), /is written down/)
  assert.notEqual(await page.getByRole('heading', { level: 1 }).innerText(), first, 'the next one')
  await manager.press('Leave them to somebody else')
  await manager.go(`/bulletins/${SETTLED}`)
  assert.equal(await silent(), before - 1)
  await manager.close()
})

test('A duty manager lets an approved bulletin wait for its time, and says of a service that it is safe', async () => {
  const manager = await journeys.open('duty-manager', withoutScripts)
  const { page } = manager
  await page.getByRole('link', { name: new RegExp(`Review ${IN_REVIEW}`) }).click()
  await manager.press('Approve')
  await manager.press('Release')
  await manager.press('Let it wait for a time instead')
  const day = new Date(Date.now() + 3 * 86_400_000)
  for (const [label, value] of [
    ['Day', day.getDate()],
    ['Month', day.getMonth() + 1],
    ['Year', day.getFullYear()],
  ] as const)
    await page.getByRole('textbox', { name: label, exact: true }).fill(String(value))
  await page.getByLabel('Time of day').fill('09:30')
  await manager.press('Choose this time')
  assert.match(await manager.words(), /It would go out .* 9:30am/)
  await manager.press(/^Let it wait until/)
  await manager.go(`/bulletins/${IN_REVIEW}`)
  assert.match(await manager.words(), /It waits for its time, and goes out .* 9:30am/)
  await manager.go('/bulletins/calendar')
  assert.match(await manager.words(), new RegExp(`9:30am ${IN_REVIEW} .*goes out`))

  await manager.go('/safe-to-use')
  assert.match(await manager.words(), /Prescriptions \(invented\) Not known yet/)
  await page.getByRole('link', { name: 'Say something of Prescriptions (invented)' }).click()
  await page.getByRole('radio', { name: 'Safe to use: do not disconnect' }).check()
  await page.getByLabel('In a sentence').fill('Prescriptions go through as on any day.')
  await manager.press('Say it now')
  const anyone = await journeys.open(null, withoutScripts)
  await anyone.go('/safe-to-use')
  assert.match(await anyone.words(), /Prescriptions \(invented\) Safe to use: do not disconnect.*Prescriptions go through as on any day/)
  await anyone.close()
  await manager.close()
})

test('An incident commander sees who is silent and where, says on the bulletin what is safe, and tells everyone what changed', async () => {
  const commander = await journeys.open('incident-commander')
  const { page } = commander
  await commander.go(`/bulletins/${LIVE}?by=region`)
  assert.match(await commander.words(), /\d+ Silent.*By region.*Northmarch Region \d+ \d+/)
  await commander.go(`/bulletins/${LIVE}/map`)
  assert.match(await commander.words(), /XQ01 \d+%.*Boards, the least answered first/)
  await commander.press(/Alderton and Marlness/)
  assert.match(await commander.words(), /\d+ organisations?/, 'a board opens its organisations')

  await commander.go('/safe-to-use')
  await page.getByRole('link', { name: 'Say something of Records exchange' }).click()
  await page.getByRole('radio', { name: 'Safe to use: do not disconnect' }).check()
  await page.getByLabel('In a sentence').fill('Records can be looked up. Stay connected.')
  await page.getByLabel('Bulletin that it belongs to').fill(SETTLED)
  await commander.press('Say it now')
  await commander.go(`/bulletins/${SETTLED}`)
  assert.match(await commander.words(), /Records can be looked up\. Stay connected\./)

  await commander.press('Write an update')
  await page.getByLabel('What is new, in one line').fill('The first update was not enough: install the second')
  await page.getByRole('radio', { name: 'Yes, it is material' }).check()
  await page.getByRole('textbox', { name: 'Step 1', exact: true }).fill('Install the second update for Peregrine Remote Access.')
  await commander.press('Send for review')
  await page.waitForURL(`**/bulletins/${SETTLED}`)
  const manager = await journeys.open('duty-manager', withoutScripts)
  await manager.go(`/bulletins/${SETTLED}`)
  await manager.press('Approve')
  await manager.press('Publish this version')
  assert.match(await manager.words(), /What changed since the version that readers see.*Install the second update/)
  await manager.press(/^Publish and tell \d+ contacts of \d+ organisations$/)
  await manager.close()
  const { text } = await journeys.mail('install the second')
  assert.match(text, /Updated: The first update was not enough: install the second/)
  await commander.close()
})

for (const role of ['assessor', 'cicso'] as const) {
  test(`${role === 'cicso' ? 'A chief information and cyber security officer' : 'An assessor'} reads everything, and is offered nothing that is not theirs to press`, async () => {
    const reader = await journeys.open(role, withoutScripts)
    assert.match(await reader.words(), /Live bulletins.*Answered Silent Cannot be reached/)
    if (role === 'assessor') assert.match(await reader.words(), /What needs you Open the first Go on with the assessment of/)
    await reader.go(`/bulletins/${LIVE}`)
    assert.match(await reader.words(), /Who acts, who is silent.*\d+ Silent.*To acknowledge \d+ \d+/)
    assert.deepEqual(await reader.buttons(), [])
    await reader.page.getByRole('link', { name: 'What happens about silence' }).click()
    assert.match(await reader.words(), /asked to acknowledge within 48 hours.*on the telephone list after 12 hours/)
    await reader.go('/chase-policies')
    assert.deepEqual(await reader.buttons(), [])
    await reader.go('/safe-to-use')
    assert.deepEqual(await reader.buttons(), [])
    assert.equal((await reader.page.goto(`${journeys.app.address}/bulletins/${APPROVED}/release`))?.status(), 403)
    assert.match(await reader.words(), /What to do next/)
    await reader.close()
  })
}

// The last: it leaves many messages waiting.
test('A duty manager alone says little at once, on one page; sees it arrive; stops the messages and lets them go on', async () => {
  const manager = await journeys.open('duty-manager')
  const { page } = manager
  await page.getByRole('navigation').getByRole('link', { name: 'Bulletins' }).first().click()
  await manager.press('Holding statement')
  await page.getByRole('radio', { name: /^A flaw is being exploited/ }).check()
  await page.getByLabel('What has happened').fill('a flaw in Larch Records lets strangers sign in')
  await page.getByLabel('Whom it may concern').fill('every trust')
  await page.getByLabel('What to do now').fill('Look at this page at 17:00, and tell your on-call manager')
  await page.getByLabel('Severity').selectOption('High')
  await page.getByLabel('TLP label').selectOption('TLP:GREEN')
  await page.getByRole('radio', { name: 'The whole sector' }).check()
  const release = page.getByRole('button', { name: /^Release to \d+ organisations$/ })
  const audience = Number(/\d+/.exec(await release.innerText())?.[0])
  await release.click()
  await page.waitForURL('**/bulletins/CC-*')
  const number = manager.number()
  assert.match(await manager.words(), /Holding statement.*a flaw in Larch Records lets strangers sign in/i)
  const figure = async (name: string) => Number(await page.locator(`[data-figure="${name}"]`).first().innerText())
  await until(async () => (await figure('delivered')) > 100, 'the messages arrive while the page stands open')
  assert.equal((await figure('silent')) + (await figure('unreachable')), audience, 'nobody has answered yet')
  const { subject, text } = await journeys.mail('Larch Records')
  assert.match(`${subject} ${text}`, new RegExp(`TLP:GREEN.*${number}.*Look at this page at 17:00`, 's'))

  await manager.go(`/bulletins/${number}/deliveries`)
  await page.locator('summary', { hasText: 'Pause' }).click()
  await page.getByLabel('Say why').fill('The time in it is wrong.')
  await manager.press('Pause')
  assert.match(await manager.words(), /Paused .* by .*The time in it is wrong\./)
  await manager.press('Resume')
  assert.doesNotMatch(await manager.words(), /The time in it is wrong/)
  await manager.close()
})
