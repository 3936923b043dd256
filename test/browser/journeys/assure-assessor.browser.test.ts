import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { sql, type Kysely } from 'kysely'
import { permissionsOf } from '../../../src/app/modules.ts'
import { saveConclusion, saveView, explainDifference } from '../../../src/domains/assure/independent/commands.ts'
import type { Desk } from '../../../src/domains/assure/independent/model.ts'
import { deskOf, outcomeSheet } from '../../../src/domains/assure/independent/queries.ts'
import type { Visible } from '../../../src/domains/assure/tables.ts'
import type { Id } from '../../../src/kernel/id.ts'
import type { Actor } from '../../../src/platform/work/actor.ts'
import { readAs } from '../../../src/platform/work/read.ts'
import { runWork } from '../../../src/platform/work/work.ts'
import { startJourneys, TELEPHONE, type Journeys, type Reader } from './journeys.ts'

/** Somebody independent answers blind, explains where they differ and hands over; the organisation and they agree, sign, and see when it does not hold any more. */
let journeys: Journeys
let asked: Asked

/** The review of the sample that is with its assessor. */
interface Asked {
  readonly assessmentId: string
  readonly engagementId: string
  readonly assessor: Actor
  readonly leadEmail: `${string}@${string}`
}

const withoutScripts = { javaScriptEnabled: false }
/** What the organisation wrote beside each answer, and about each outcome. */
const OWN_WORDS = 'The night matron keeps the list in the blue cupboard.'

before(async () => {
  journeys = await startJourneys()
  const db = journeys.app.platform.database.kysely as Kysely<Visible>
  const engagement = await db.selectFrom('assure_engagement').selectAll().executeTakeFirstOrThrow()
  const person = (column: 'person_id' | 'organisation_id', id: string) =>
    db
      .selectFrom('directory_assignment as assignment')
      .innerJoin('directory_person as person', 'person.id', 'assignment.person_id')
      .where(`assignment.${column}`, '=', id)
      .where('assignment.role', 'in', ['assessor', 'cyber-lead'])
      .select(['person.email', 'assignment.organisation_id'])
      .executeTakeFirstOrThrow()
  const { organisation_id } = await person('person_id', engagement.assessor_id)
  const { email } = await person('organisation_id', engagement.organisation_id)
  asked = {
    assessmentId: engagement.assessment_id,
    engagementId: engagement.id,
    leadEmail: email as `${string}@${string}`,
    assessor: {
      kind: 'person',
      id: engagement.assessor_id,
      name: engagement.assessor_name,
      role: 'assessor',
      organisationId: organisation_id as Id<'organisation'>,
      scope: { kind: 'centre' },
      permissions: permissionsOf('assessor'),
    },
  }
  // As if the organisation had written something beside every answer: where the assessor meets it, blindness is broken.
  await sql`update assure_answer set comment = ${OWN_WORDS}, alternative = ${OWN_WORDS} where view = 'self' and assessment_id = ${asked.assessmentId}`.execute(
    db,
  )
  await sql`update assure_view set summary = ${OWN_WORDS} where view = 'self' and assessment_id = ${asked.assessmentId}`.execute(db)
})

after(() => journeys.stop())

/** What the assessor's desk holds just now, read as the assessor. */
const deskNow = () =>
  readAs<Visible, Desk>(journeys.app.platform, asked.assessor, db =>
    deskOf(db, asked.assessor, asked.engagementId, journeys.app.platform.clock.now()),
  )

async function assertNarrow({ page }: Reader): Promise<void> {
  // Its styles may come a moment after its words.
  await page.waitForLoadState('load')
  assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, `${page.url()} is wider than the screen`)
}

/** How many sheets of A4 the page is on paper, within the margins that a browser leaves. */
async function sheets({ page }: Reader): Promise<number> {
  const pdf = await page.pdf({ format: 'A4', margin: { top: '1cm', bottom: '1cm', left: '1cm', right: '1cm' } })
  return pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0
}

async function openDesk(reader: Reader): Promise<string> {
  await reader.go('/independent')
  await reader.page.getByRole('main').getByRole('table').getByRole('link').first().click()
  return new URL(reader.page.url()).pathname
}

test('An assessor answers blind, records, and only then reads what the organisation said, explains, and writes what is wrong and what is well done', async () => {
  const db = journeys.app.platform.database.kysely as Kysely<Visible>
  const next = (await deskNow()).lines.find(({ own }) => own === null)?.outcome.code ?? assert.fail('half of it is to do')
  const said = await db
    .selectFrom('assure_answer')
    .where('assessment_id', '=', asked.assessmentId)
    .where('view', '=', 'self')
    .where('outcome_code', '=', next)
    .select(['indicator_code', 'answer'])
    .execute()
  const reader = await journeys.open('assessor')
  const { page } = reader
  const desk = await openDesk(reader)
  assert.match(await reader.words(), /12 of 24 outcomes recorded.*Not shown yet.*Before you hand over \d+ things still missing/)
  await reader.press(new RegExp(`^${next} `))
  await page.getByText('Answer on the facts').waitFor()
  const fromServer = async () => (await page.request.get(page.url())).text()
  for (const bytes of [await page.content(), await fromServer()]) assert.ok(!bytes.includes(OWN_WORDS))
  assert.doesNotMatch(await reader.words(), /side by side/)
  // The opposite of what the organisation says: every answer differs.
  for (const { indicator_code: code, answer } of said) {
    const group = page.getByRole('group', { name: new RegExp(`^${code.replace('.', '\\.')}: `) })
    await group.getByLabel(answer === 'yes' ? 'No' : 'Yes', { exact: true }).check()
  }
  await reader.press('Record my view')
  assert.match(await reader.words(), /There is a problem.*Say how strong the evidence was/)
  assert.ok(!(await page.content()).includes(OWN_WORDS), 'what is refused opens nothing')
  await page.getByRole('radio', { name: /^None/ }).check()
  await page.getByLabel('In a few sentences').fill('Asked on two wards.')
  await reader.press('Record my view')
  assert.match(await reader.words(), new RegExp(`Both side by side You: .*The organisation: .*${OWN_WORDS}.*Where the two differ`))
  await page.getByLabel('Why do you see it differently?').fill('The list in the cupboard was of last year.')
  await reader.press('Keep this explanation')
  for (const [kind, first] of [
    ['strength', 'What is done well?'],
    ['finding', 'What did you find?'],
  ] as const) {
    await page.getByText(`Add a ${kind}`).click()
    const form = page.locator(`form#add-${kind}`)
    const fields = form.getByRole('textbox')
    assert.equal(await fields.count(), 3)
    await form.getByLabel(first).fill(`What ${kind} it is`)
    for (const at of [1, 2]) await fields.nth(at).fill(`More of the ${kind}`)
    await form.getByRole('button', { name: `Add the ${kind}` }).click()
    await page.getByText(`The ${kind} is added`).waitFor()
  }
  await page.getByRole('link', { name: /^Next: / }).click()
  assert.ok(!(await page.content()).includes(OWN_WORDS), 'the next is blind again')
  await page.goto(`${journeys.app.address}${desk}`)
  assert.match(await reader.words(), /13 of 24 outcomes recorded/)
  await reader.close()
})

test('What is missing stands before handing over, each thing with its link; once it is handed over the organisation reads it', async () => {
  const { platform } = journeys.app
  const lead = await journeys.open(asked.leadEmail, withoutScripts)
  assert.match(await lead.words(), /Your review is with its assessor/)
  for (const path of ['agreement', 'report']) {
    await lead.go(`/assessments/${asked.assessmentId}/${path}`)
    assert.doesNotMatch(await lead.page.content(), /Asked on two wards|What finding it is/)
  }

  // The rest by the product's own commands: the same clicks eleven times more prove nothing.
  const missing = await deskNow()
  for (const { outcome, own, self } of missing.lines) {
    if (own !== null) continue
    assert.equal(self, null)
    await runWork<Visible, void>(platform, asked.assessor, async work => {
      const { indicators } = await outcomeSheet(work.db, missing, outcome.code)
      const answers = indicators.map(({ code }) => ({ code, answer: 'yes' as const, comment: '' }))
      await saveView(work, {
        engagementId: asked.engagementId,
        outcomeCode: outcome.code,
        answers,
        summary: '',
        evidenceGrade: 'said',
        revision: 0,
        record: true,
        reason: '',
      })
    })
  }
  const different = (await deskNow()).lines.filter(({ differs, own }) => differs && own?.difference === '')
  const [kept, ...others] = different
  assert.ok(kept !== undefined)
  for (const { outcome } of others)
    await runWork<Visible, void>(platform, asked.assessor, work =>
      explainDifference(work, { engagementId: asked.engagementId, outcomeCode: outcome.code, difference: 'It was not so on the day.' }),
    )

  const assessor = await journeys.open('assessor', { ...withoutScripts, viewport: TELEPHONE })
  const desk = await openDesk(assessor)
  await assertNarrow(assessor)
  const { code } = kept.outcome
  assert.match(
    await assessor.words(),
    new RegExp(`24 of 24 outcomes recorded.*2 things still missing: ${code}: Say why you see it differently Write your conclusions`),
  )
  assert.ok(!(await assessor.buttons()).includes('Hand over to the organisation'))
  await assessor.press(`${code}: Say why you see it differently`)
  await assertNarrow(assessor)
  await assessor.page.getByLabel('Why do you see it differently?').fill('Nobody could show it.')
  await assessor.press('Keep this explanation')
  await assessor.go(desk)
  await assessor.page.getByLabel('The overall risk of the control environment, in words').fill('Moderate: what is missing is known.')
  await assessor.page.getByLabel('How true the self-assessment is, in words').fill('Honest, and a little hopeful.')
  await assessor.press('Save your conclusions')
  assert.match(await assessor.words(), /Nothing is missing/)
  await assessor.press('Hand over to the organisation')
  assert.match(await assessor.words(), /Handed over/)
  assert.ok(!(await assessor.buttons()).includes('Hand over to the organisation'))
  await assessor.close()

  await lead.go('/')
  assert.match(await lead.words(), /Agree on your review with its assessor/)
  await lead.go(`/assessments/${asked.assessmentId}/report`)
  assert.match(
    await lead.words(),
    /Not agreed.*Moderate: what is missing is known.*How true the self-assessment was.*Honest, and a little hopeful.*What strength it is.*What finding it is/,
  )
  await lead.close()
  await assert.rejects(
    runWork<Visible, void>(platform, asked.assessor, work =>
      saveConclusion(work, { engagementId: asked.engagementId, narrative: 'Otherwise', veracity: 'Otherwise' }),
    ),
    /handed this over/,
  )
})

test('Both agree the rest and sign the exact content; a later change makes it void, on every page and on paper', async () => {
  const agreement = `/assessments/${asked.assessmentId}/agreement`
  const lead = await journeys.open(asked.leadEmail, withoutScripts)
  await lead.go('/')
  await lead.press('Agree on your review with its assessor')
  await lead.go(agreement)
  const [, open] = /(\d+) outcomes? to go/.exec(await lead.words()) ?? assert.fail('something is to be decided')
  assert.doesNotMatch((await lead.buttons()).join(' '), /Sign/)
  for (let left = Number(open); left > 0; left -= 1) {
    await lead.page.getByRole('main').getByRole('table', { name: 'Outcomes' }).getByRole('link').first().click()
    assert.match(await lead.words(), /The organisation: .*The assessor: .*Why the assessor sees it differently: /)
    await lead.page.getByRole('radio').first().check()
    if (left === Number(open)) {
      await lead.press('Say that this is agreed')
      assert.match(await lead.words(), /There is a problem.*Say why/)
      assert.ok(await lead.page.getByRole('radio').first().isChecked(), 'what was chosen stays')
    }
    await lead.page.getByLabel('Why is it decided so?').fill('We walked round together.')
    await lead.press('Say that this is agreed')
  }
  const shown = async (reader: Reader) => /\(SHA-256\) is ([0-9a-f]{64})/.exec(await reader.words())?.[1] ?? assert.fail('the fingerprint is shown')
  const hash = await shown(lead)
  const content = await (await lead.page.request.get(`${journeys.app.address}${agreement}/content.json`)).text()
  assert.equal(createHash('sha256').update(content).digest('hex'), hash)
  await lead.press('Sign for the organisation')
  assert.match(await lead.words(), /Not signed by both: one side has signed this/)

  const assessor = await journeys.open('assessor', withoutScripts)
  await openDesk(assessor)
  await assessor.press('What you agree with the organisation')
  assert.equal(await shown(assessor), hash)
  await assessor.press('Sign as the assessor')
  assert.match(await assessor.words(), /Both have signed.*Signed by both/)
  await lead.go(`/assessments/${asked.assessmentId}/report`)
  assert.match(await lead.words(), new RegExp(`Signed by .*Signed by .*Fingerprint ${hash}`))
  assert.ok((await sheets(lead)) > 1, 'the report is printed')
  await lead.press('One page for the board')
  assert.doesNotMatch(await lead.words(), /Void|Not signed/)
  assert.equal(await sheets(lead), 1, 'it is one sheet')

  // The assessor thinks again: each side sees that what was signed does not hold.
  await assessor.page.getByRole('main').getByRole('table', { name: 'Outcomes' }).getByRole('link').first().click()
  assert.match(await assessor.words(), /Both have signed\. Changing this makes the signatures void/)
  await assessor.page.getByLabel('Why is it decided so?').fill('A paper came later.')
  await assessor.press('Say that this is agreed')
  assert.match(await assessor.words(), /The signatures do not hold.*Void: this was changed after both had signed.*For an earlier content/)
  for (const path of ['agreement', 'report', 'board']) {
    await lead.go(`/assessments/${asked.assessmentId}/${path}`)
    assert.match(await lead.words(), /Void: this was changed after both had signed/, path)
    await lead.page.emulateMedia({ media: 'print' })
    assert.ok(await lead.page.getByText('Void: this was changed').first().isVisible(), `${path}, on paper`)
    await lead.page.emulateMedia({ media: null })
  }
  assert.equal(await sheets(lead), 1, 'with the warning it is one sheet still')
  await assertNarrow(lead)
  for (const reader of [lead, assessor]) await reader.close()
})
