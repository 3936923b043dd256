import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LocalDate } from '../../../kernel/instant.ts'
import { transition } from '../../../kernel/lifecycle.ts'
import { canApprove, canRelease } from '../policy.ts'
import { changesInWords } from './difference.ts'
import { BULLETIN_LIFECYCLE, REVISION_LIFECYCLE, type BulletinAction } from './lifecycle.ts'
import {
  BULLETIN_STATES,
  BulletinContent,
  bulletinNumber,
  fiveLines,
  findingsOf,
  mailsContent,
  parseBulletinNumber,
  respondByAt,
  revisionFindings,
  type BulletinState,
} from './model.ts'

const ACTIONS: readonly BulletinAction[] = [
  'edit',
  'send-for-review',
  'approve',
  'return',
  'release',
  'release-holding',
  'release-alone',
  'revise',
  'update',
  'change-severity',
  'supersede',
  'withdraw',
  'abandon',
]

/** What each action leads to in each state; everything that is not here is refused. */
const GRID: Readonly<Record<BulletinState, Readonly<Partial<Record<BulletinAction, BulletinState>>>>> = {
  draft: { edit: 'draft', 'send-for-review': 'in-review', 'release-holding': 'released', 'release-alone': 'released', abandon: 'withdrawn' },
  'in-review': { edit: 'draft', approve: 'approved', return: 'draft', 'release-alone': 'released', abandon: 'withdrawn' },
  approved: { edit: 'draft', return: 'draft', release: 'released', abandon: 'withdrawn' },
  released: { revise: 'released', update: 'released', 'change-severity': 'released', supersede: 'withdrawn', withdraw: 'withdrawn' },
  withdrawn: {},
}

test('every state takes exactly the actions of the grid, and refuses every other with what can be done instead', () => {
  for (const state of BULLETIN_STATES) {
    for (const action of ACTIONS) {
      const step = () => transition<BulletinState, BulletinAction>(BULLETIN_LIFECYCLE, 'bulletin', state, action)
      const next = GRID[state][action]
      if (next === undefined) assert.throws(step, { name: 'Conflict', code: 'kernel.lifecycle.not-offered' }, `${state} × ${action}`)
      else assert.equal(step().next, next, `${state} × ${action}`)
    }
  }
})

test('nothing reaches released but from approved, save by one person who holds the permission for it, and what was released stays as it was', () => {
  const leads = BULLETIN_STATES.flatMap(state =>
    Object.entries<{ readonly next: BulletinState }>(BULLETIN_LIFECYCLE[state]).map(([action, step]) => ({ state, action, next: step.next })),
  )
  assert.deepEqual(
    leads.filter(({ state, next }) => next === 'released' && state !== 'released').map(({ state, action }) => `${state} ${action}`),
    ['draft release-holding', 'draft release-alone', 'in-review release-alone', 'approved release'],
  )
  assert.ok(!leads.some(({ state, next }) => (state === 'released' || state === 'withdrawn') && next === 'draft'))
})

test('a revision is published only when approved, or by one person who holds the permission for it', () => {
  const leads = Object.entries(REVISION_LIFECYCLE).flatMap(([state, actions]) =>
    Object.entries<{ readonly next: string; readonly permission: string }>(actions).map(([action, step]) => `${state} ${action} → ${step.next}`),
  )
  assert.deepEqual(
    leads.filter(lead => lead.includes('publish')),
    ['draft publish-alone → none', 'in-review publish-alone → none', 'approved publish → none'],
  )
  assert.ok(leads.includes('approved edit → draft'), 'an edit voids the approval')
})

test('nobody approves what they wrote any part of, whatever their role', () => {
  const manager = { id: 'per_1', permissions: new Set(['broadcast.bulletin.approve', 'broadcast.bulletin.release']) }
  assert.equal(canApprove(manager, { authorIds: ['per_2', 'per_3'] }).ok, true)
  assert.equal(canApprove(manager, { authorIds: ['per_2', 'per_1'] }).ok, false)
  assert.equal(canApprove({ id: 'per_9', permissions: new Set() }, { authorIds: ['per_2'] }).ok, false)
  assert.equal(canRelease(manager, { version: 3, approvedVersion: 3 }).ok, true)
  assert.equal(canRelease(manager, { version: 4, approvedVersion: 3 }).ok, false)
  assert.equal(canRelease(manager, { version: 1, approvedVersion: null }).ok, false)
})

test('a number is read in any case, and only in its own form', () => {
  assert.equal(parseBulletinNumber('cc-5001'), 5001)
  assert.equal(bulletinNumber(5001), 'CC-5001')
  for (const text of ['CC-0001', 'CC-501', 'CC5001', '5001', 'CC-5001x', 'CC-12345678', '']) assert.equal(parseBulletinNumber(text), undefined, text)
})

test('an answer is asked for as the policy of the day of release says, unless the author names a time', () => {
  const deadlines = [
    { severity: 'high', effectiveFrom: '2018-04-01' as LocalDate, hours: 48 },
    { severity: 'high', effectiveFrom: '2026-11-21' as LocalDate, hours: 24 },
  ] as const
  const before = new Date('2026-11-20T09:00:00Z')
  const after = new Date('2026-11-21T09:00:00Z')
  assert.equal(respondByAt({ severity: 'high', respondBy: null }, before, deadlines)?.toISOString(), '2026-11-22T09:00:00.000Z')
  assert.equal(respondByAt({ severity: 'high', respondBy: null }, after, deadlines)?.toISOString(), '2026-11-22T09:00:00.000Z')
  assert.equal(respondByAt({ severity: 'medium', respondBy: null }, before, deadlines), null)
  assert.equal(respondByAt({ severity: 'low', respondBy: '2026-12-01T17:00:00Z' }, before, deadlines)?.toISOString(), '2026-12-01T17:00:00.000Z')
  assert.equal(respondByAt({ severity: 'high', respondBy: null }, before, []), null)
})

test('a holding statement needs a sentence and something to do, and nothing more', () => {
  const now = new Date('2026-11-20T09:00:00Z')
  const errors = (content: object) =>
    findingsOf(BulletinContent.parse({ title: 'T', ...content }), now)
      .filter(({ severity }) => severity === 'error')
      .map(({ pointer }) => pointer)
  assert.deepEqual(errors({}), ['summary', 'remediationIntro'])
  assert.deepEqual(errors({ summary: 'Something has happened.', remediationIntro: 'Await our next message.' }), [])
  assert.deepEqual(errors({ summary: 'S', remediationIntro: 'R', respondBy: '2026-11-20T08:59:00Z' }), ['respondBy'])
})

test('content is refused where it names what the field does not have, or links anywhere but the web', () => {
  const refused = (content: object) => !BulletinContent.safeParse({ title: 'T', ...content }).success
  assert.ok(refused({ severity: 'critical' }), 'an NHS cyber alert has no critical')
  assert.ok(refused({ threatType: 'Weather' }))
  assert.ok(refused({ ncscLink: 'javascript:alert(1)' }))
  assert.ok(refused({ steps: [{ type: 'Patch', text: 'x', link: 'data:text/html,x' }] }))
  assert.ok(refused({ cves: ['CVE-24-1'] }))
  assert.ok(refused({ title: '   ' }))
  assert.ok(!refused({ ncscLink: 'https://ncsc.example/advisory', cves: ['CVE-2026-12345'] }))
})

test('the five lines fall back on what there is, in plain text', () => {
  const content = BulletinContent.parse({
    title: 'T',
    summary: '## A **flaw** in [Larch](https://larch.example)\n\nMore.',
    steps: [{ type: 'Patch', text: '7-Zip: install **24.09**,\nthen delete tmp_update_1.exe' }],
    platforms: ['A', 'B', 'C', 'D', 'E'].map(platform => ({ platform })),
  })
  assert.deepEqual(fiveLines(content), {
    what: 'A flaw in Larch',
    who: 'Anyone who runs A, B, C, D, and 1 more',
    doThis: '7-Zip: install 24.09, then delete tmp_update_1.exe',
    howSure: 'Not known yet',
  })
})

test('of a long text the words that changed are shown, not the whole of it twice', () => {
  const of = (summary: string) => BulletinContent.parse({ title: 'T', summary })
  const long =
    'The flaw lets anybody on the network of the practice read the records that the server holds, without a password and without leaving a trace'
  const changes = (before: string, after: string) => changesInWords(of(before), of(after)).flatMap(({ sentences }) => sentences)
  assert.deepEqual(changes(`${long} behind, on every version so far.\n\nStays.`, `${long} behind, on version 9.2 alone.\n\nStays.\n\nIs new.`), [
    'Was: … without leaving a trace behind, on every version so far.',
    'Now: … without leaving a trace behind, on version 9.2 alone.',
    'Added: Is new.',
  ])
  assert.deepEqual(changes(`${long}, so far.`, `It is mended.\n${'Something else entirely. '.repeat(8)}`).slice(0, 1), [`Removed: ${long}, so far.`])
})

test('mail carries the text up to GREEN and only a notice above it', () => {
  assert.deepEqual((['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED'] as const).map(mailsContent), [true, true, false, false, false])
})

test('a version that nobody is told of asks nobody to answer again', () => {
  const found = (isMaterial: boolean, asksAgain: boolean) =>
    revisionFindings(
      BulletinContent.parse({ title: 'T', summary: 'S', remediationIntro: 'Do it.', news: { title: 'N', isMaterial, asksAgain } }),
      new Date('2026-11-20T09:00:00Z'),
    )
      .filter(({ severity }) => severity === 'error')
      .map(({ pointer }) => pointer)
  assert.deepEqual([found(false, true), found(true, true), found(false, false)], [['newsAgain'], [], []])
})
