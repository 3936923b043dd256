import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { startJourneys, TELEPHONE, until, type Journeys, type Reader } from './journeys.ts'

/** An organisation reviews itself, finds its best next pound and keeps its plan; its board decides; and the centre sees none of it. */
let journeys: Journeys

before(async () => {
  journeys = await startJourneys()
})

after(() => journeys.stop())

/** Of the sample: the first care home, and the first trust with a lead and three colleagues. */
const [CARE_HOME, TRUST] = ['cyber-lead@xh', 'cyber-lead@xt0001'] as const
/** The outcomes of First steps after those that the care home answers one by one. */
const REST = 'A3 A4 D1 D2 D3 D4 D5 N1 N2 I1 I2 I3 C1 C2 C3 C4 S1 S2'.split(' ')
const withoutScripts = { javaScriptEnabled: false }
const smallTelephone = { viewport: { width: 320, height: 640 } }

/** The newest review of whoever reads, opened as they would. */
async function openReview(reader: Reader): Promise<string> {
  await reader.go('/assessments')
  await reader.press(/^First steps/)
  return new URL(reader.page.url()).pathname
}

const statement = ({ page }: Reader, code: string) => page.getByRole('group', { name: new RegExp(`^${code.replace('.', '\\.')} `) })

async function answer(reader: Reader, code: string, word: 'Yes' | 'No'): Promise<void> {
  await statement(reader, code).getByLabel(word, { exact: true }).check()
}

const isStillSaid = (reader: Reader, code: string, word: 'Yes' | 'No') => statement(reader, code).getByLabel(word, { exact: true }).isChecked()

/** Sends the form of each outcome that is left, as the Save button does: yes to all. */
async function sendTheRest({ page }: Reader, review: string): Promise<void> {
  const token = await page.locator('input[name="_csrf"]').first().inputValue()
  for (const code of REST) {
    const said = Object.fromEntries(
      [`${code}.1`, `${code}.2`].flatMap(one => [
        [`answer-${one}`, 'yes'],
        [`revision-${one}`, '0'],
      ]),
    )
    const reply = await page.context().request.post(`${journeys.app.address}${review}/outcomes/${code}`, {
      form: { _csrf: token, summary: '', 'revision-summary': '0', ...said },
      maxRedirects: 0,
    })
    assert.equal(reply.status(), 303, code)
  }
}

async function assertNarrow({ page }: Reader): Promise<void> {
  // Its styles may come a moment after its words.
  await page.waitForLoadState('load')
  assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, `${page.url()} is wider than the screen`)
}

/** How many sheets of A4 the page is on paper. */
async function sheets({ page }: Reader): Promise<number> {
  const pdf = await page.pdf({ format: 'A4' })
  return pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0
}

test('A care home manager finishes the review on a telephone, sees why and what would change it, and how others like them stand', async () => {
  const manager = await journeys.open(CARE_HOME, smallTelephone)
  const { page } = manager
  assert.match(await manager.words(), /Our review and plan Go on with your review/)
  await assertNarrow(manager)
  await manager.press('Go on with your review')
  assert.match(await manager.words(), /8 of 48 answered 4 of 24 outcomes complete/)
  await assertNarrow(manager)
  await manager.press(/^Begin with A1/)

  await answer(manager, 'A1.1', 'Yes')
  await page.getByText('1 of 2 answered').waitFor()
  assert.match(await manager.words(), /Begun so far: 1 of 2 answered.*What would change it It would be In place if this were true: A1\.2/)
  await answer(manager, 'A1.2', 'No')
  await page.getByText('so far').waitFor({ state: 'detached' })
  assert.match(await manager.words(), /Begun Why.*Not “In place”, because these are not said to be true: A1\.2.*What would change it/)
  await page.reload()
  assert.ok((await isStillSaid(manager, 'A1.1', 'Yes')) && (await isStillSaid(manager, 'A1.2', 'No')), 'both were saved without a press')
  await assertNarrow(manager)
  await manager.press(/^Next: A2/)
  assert.match(await manager.words(), /A2 Passwords are hard to guess.*6 of 24/)
  const review = new URL(page.url()).pathname.replace(/\/outcomes.*/, '')
  await manager.close()

  // The same in the care home's old browser, whose scripts do not run.
  const old = await journeys.open(CARE_HOME, { ...withoutScripts, viewport: TELEPHONE })
  await old.go(review)
  await old.press(/^Begin with A2/)
  await answer(old, 'A2.1', 'Yes')
  await answer(old, 'A2.2', 'Yes')
  await old.press('Save')
  assert.match(await old.words(), /Saved\..*In place Why/)
  await sendTheRest(old, review)
  await old.go(review)
  assert.match(await old.words(), /48 of 48 answered 24 of 24 outcomes complete/)

  await old.press('Benchmark')
  await until(async () => {
    await old.page.reload()
    return (await old.words()).includes('Compared with')
  }, 'the worker freezes what was contributed')
  assert.match(await old.words(), /Compared with Care homes, about \d+ contributors: organisations like you/)
  assert.match(await old.words(), /Your own place is worked out here, from your own answers.*A1 Everyone has an account.*Begun/)
  await old.go(review)
  await old.press('Report')
  assert.match(await old.words(), /Only what the organisation says of itself.*A1 Everyone has an account of their own The organisation: Begun/)
  assert.ok((await sheets(old)) <= 4, 'the report is a few sheets')
  await old.go(review)
  await old.press('Close without an assessor')
  assert.match(await old.words(), /The review is closed/)
  await old.close()
})

test('A lead gives out parts; three colleagues confirm, answer and show evidence; what two say at once is kept twice until one chooses', async () => {
  const lead = await journeys.open(TRUST, withoutScripts)
  assert.match(await lead.words(), /What we said we would do.*Take the old imaging server off the network.*Go on with your review/)
  const review = await openReview(lead)
  const [, waiting] = /(\d+) answers of last year wait/.exec(await lead.words()) ?? []
  await lead.press('Who answers what')
  await lead.page.getByRole('checkbox', { name: /^I2 / }).check()
  const second = /Quentin \w+/.exec(await lead.words())?.[0] ?? ''
  await lead.page.getByLabel('Colleague').selectOption({ label: second })
  await lead.press('Ask them to answer too')

  const done = await journeys.open('contributor@', withoutScripts)
  assert.match(await done.words(), /Nothing waits for your answer\. Thank you/)
  const two = await journeys.open('contributor.two@')
  assert.match(await two.words(), /Parts of the review given to you.*D5 .*The owner.*I2 .*Asked to answer/)
  await two.press(/^D5 /)
  assert.match(await two.words(), /From last year It does not count before you confirm it/)
  await two.press(/^All of last year’s answers here still hold/)
  assert.match(await two.words(), /2 answers are confirmed/)
  await two.go('/assessments')
  assert.doesNotMatch(await two.words(), /D5 /)
  await two.press(/^First steps/)
  assert.doesNotMatch(await two.words(), /P1 |A1 |C1 /, 'nothing of the review but what was given')
  assert.equal((await two.page.goto(`${journeys.app.address}${review}/outcomes/C1`))?.status(), 404)
  await lead.go(review)
  assert.match(await lead.words(), new RegExp(`${Number(waiting) - 2} answers of last year wait`))

  const three = await journeys.open('contributor.three@')
  for (const reader of [two, three]) await reader.go(`${review}/outcomes/I2`)
  await statement(three, 'I2.1').getByText('Comment, or another control').click()
  await statement(three, 'I2.1').getByLabel('Comment, or why it does not apply').fill('The ward still sends by fax.')
  await answer(three, 'I2.1', 'No')
  await three.page.getByText('Saved at').waitFor()
  await statement(two, 'I2.1').getByText('Comment, or another control').click()
  await statement(two, 'I2.1').getByLabel('Comment, or why it does not apply').fill('Secure mail is used everywhere.')
  await answer(two, 'I2.1', 'Yes')
  await two.page.getByText(/changed this while you wrote, to: No\. The ward still sends by fax/).waitFor()
  await two.press('Look at both and choose')
  await two.page.getByRole('button', { name: 'Keep what stands' }).waitFor()
  assert.match(await two.words(), /Quentin \w+ wrote this.*Both are kept: choose\. Yes.*Secure mail is used everywhere/)
  assert.equal(await isStillSaid(two, 'I2.1', 'No'), true, 'what came first stands till somebody chooses')
  await two.press('Keep what stands')
  assert.match(await two.words(), /What stood stays/)
  await two.close()

  await three.go(`${review}/evidence`)
  await three.press('Add evidence')
  const { page } = three
  const file = Buffer.from('How we share, version 3')
  await page.getByLabel('What it is').fill('How we share information, version 3')
  await page.getByRole('radio', { name: /^A reference: the file stays with us/ }).check()
  await page.getByLabel('Where it lies with you').fill('Policy shelf, green folder')
  await page.getByLabel('Work out the SHA-256 of a file').setInputFiles({ name: 'sharing.txt', mimeType: 'text/plain', buffer: file })
  const hash = createHash('sha256').update(file).digest('hex')
  await until(async () => (await page.getByLabel('Its SHA-256', { exact: true }).inputValue()) === hash, 'the browser works out the hash')
  await page.getByRole('radio', { name: /^Written/ }).check()
  const effective = page.getByRole('group', { name: /on which it was true/ })
  for (const [part, value] of [
    ['Day', '3'],
    ['Month', '3'],
    ['Year', '2026'],
  ] as const)
    await effective.getByLabel(part).fill(value)
  await page.getByRole('checkbox', { name: /^I2 / }).check()
  await three.press('Keep the evidence')
  assert.match(await three.words(), new RegExp(`Policy shelf, green folder.*${hash}`))
  for (const reader of [three, done, lead]) await reader.close()
})

test('A lead sees what to do with this much money change as the budget does, decides, and moves a date of the plan with a reason', async () => {
  const lead = await journeys.open(TRUST)
  const { page } = lead
  await lead.go('/investment')
  await lead.press(/^Budget /)
  await lead.press('Solve')
  await page.getByText('Solved.').waitFor()
  const said = async () => /For (£[\d,.]+ ?\w*) a year, do (?:these (\d+) things|this one thing)/.exec(await lead.words())
  const [, before, things] = (await said()) ?? assert.fail('there is an answer')
  const running = page.getByLabel('Running costs, each year', { exact: true })
  await page.getByRole('slider', { name: /^Running costs/ }).fill('60000')
  assert.equal(await running.inputValue(), '60,000', 'the slider writes the amount')
  await until(async () => ![before, undefined].includes((await said())?.[1]), 'the answer follows the budget')
  const [, , fewer] = (await said()) ?? []
  assert.ok(Number(fewer) < Number(things), `${fewer} things for less money, ${things} for more`)
  assert.match(await lead.words(), /Tried, and not kept\. Press Solve to keep it/)
  await page.getByRole('button', { name: 'Solve', exact: true }).click()
  await page.getByText('Solved.').waitFor()
  await page.getByText('Tried, and not kept').waitFor({ state: 'detached' })
  assert.equal((await said())?.[2], fewer, 'the same answer again')
  assert.match(await lead.words(), /The proof No other choice within these limits loses less/)
  const open = 4
  await lead.press('Choose this plan')
  assert.match(await lead.words(), new RegExp(`Decided\\. ${fewer} actions are new in your plan.*${open + Number(fewer)} actions`))

  await lead.press('Take the old imaging server off the network')
  const original = /Original date (\d+ \w+ \d{4})/.exec(await lead.words())?.[1] ?? assert.fail('it has a date')
  await lead.press('Give a later date')
  const year = new Date(original).getFullYear() + 1
  const date = page.getByRole('group', { name: 'New date' })
  for (const [part, value] of [
    ['Day', '15'],
    ['Month', '3'],
    ['Year', String(year)],
  ] as const)
    await date.getByLabel(part).fill(value)
  await lead.press('Save the date')
  assert.match(await lead.words(), /why/i, 'a later date needs a reason')
  await page.getByLabel('Why it is later').fill('The new server comes in spring.')
  await lead.press('Save the date')
  assert.match(await lead.words(), new RegExp(`By when 15 March ${year}.*Original date ${original}.*The new server comes in spring`))
  await lead.close()
})

test('A board member has where we stand, what it costs and what to decide on one sheet of paper, and signs the plan', async () => {
  const member = await journeys.open('board-member@xt0001', withoutScripts)
  await openReview(member)
  await member.press('One page for the board')
  assert.match(
    await member.words(),
    /cyber review for the board.*Where we stand \d+ of 24 outcomes are at their best level.*What is strong.*The three gaps that weigh most.*What it would cost.*£[\d,]+ is not\..*We decide: whether to fund/,
  )
  assert.equal(await sheets(member), 1, 'it is one sheet')
  await member.go('/plan')
  await member.press('See who signed')
  assert.match(
    await member.words(),
    /Not agreed yet.*Nobody has signed yet.*Take the old imaging server.*You sign exactly this content: [0-9a-f]{64}/,
  )
  assert.doesNotMatch((await member.buttons()).join(' '), /Add|Change|Cancel/)
  await member.press('Sign the plan')
  assert.match(await member.words(), /Signed|agreed/)
  assert.doesNotMatch(await member.words(), /Nobody has signed yet/)

  const lead = await journeys.open(TRUST, withoutScripts)
  await lead.go('/plan/agreement')
  await lead.press('Sign the plan')
  assert.match(await lead.words(), /Agreed: two have signed exactly what it says/)
  await lead.go('/plan')
  await lead.press('Take the old imaging server off the network')
  await lead.press('Change what it says')
  await lead.page.getByLabel('What will be done').fill('Take both old imaging servers off the network')
  await lead.press('Save')
  await member.go('/plan')
  assert.match(await member.words(), /was signed has changed since|no longer agreed|void/i, 'whoever signed sees that it was changed')
  await member.close()
  await lead.close()
})

test('The centre finds nothing of any of it, and is told why beside what is published for all', async () => {
  const lead = await journeys.open(TRUST, withoutScripts)
  const review = await openReview(lead)
  await lead.go('/plan')
  await lead.press('Take both old imaging servers off the network')
  const action = new URL(lead.page.url()).pathname
  await lead.close()
  for (const role of ['duty-manager', 'cicso', 'administrator'] as const) {
    const centre = await journeys.open(role, withoutScripts)
    for (const path of [
      review,
      `${review}/outcomes/P1`,
      `${review}/report`,
      `${review}/board`,
      `${review}/evidence`,
      `${review}/agreement`,
      action,
      '/plan',
      '/investment',
    ]) {
      const reply = await centre.page.context().request.get(`${journeys.app.address}${path}`)
      assert.ok([403, 404].includes(reply.status()), `${role} ${path}: ${reply.status()}`)
      assert.doesNotMatch(await reply.text(), /imaging servers|First steps/)
    }
    await centre.go('/search?q=imaging+server')
    assert.match(await centre.words(), /Nothing was found/)
    await centre.page.getByRole('link', { name: 'Sector needs' }).first().click()
    assert.match(
      await centre.words(),
      /What the sector needs.*published figures.*its review, plan and money are its own.*What is lacking most.*about \d+/,
    )
    await centre.go('/benchmark')
    assert.match(
      await centre.words(),
      /Compared with All organisations, about \d+ contributors.*some are held back.*How this keeps one organisation’s answers from being worked out/,
    )
    assert.doesNotMatch(await centre.words(), /Your own place/)
    await centre.close()
  }
})
