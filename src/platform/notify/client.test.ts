import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startNotify } from '../../../test/support/notify-stand-in.ts'
import { systemClock } from '../clock/clock.ts'
import { readConfig } from '../config/config.ts'
import { createNotify, type Notify } from './client.ts'
import { asNotifyText } from './markdown.ts'
import { notifyRefusal } from './refusal.ts'

const standIn = await startNotify()

/** A client as the settings make it; `changes` stand over those of the stand-in. */
function open(changes: Readonly<Record<string, string>> = {}): Notify {
  const { secrets } = readConfig({ ...standIn.env, ...changes })
  assert.ok(secrets.notify)
  return createNotify(secrets.notify, systemClock)
}

const letter = (address: string) => ({
  to: { name: 'The lead', address },
  subject: 'TLP:CLEAR High CC-5001 # Not a heading',
  text: '# Not a heading\nhttps://carecert.example/r/del_1_2.x*y',
  html: '<p>never sent</p>',
  messageId: 'del_0123456789abcdef0123456789abcdef.1@carecert.example',
  headers: { 'List-Unsubscribe': '<mailto:a@b.example>, <https://carecert.example/u/1>' },
})

test('a text message goes out with the delivery as its reference', async () => {
  const outcome = await open().texts.send({ to: '07700 900123', text: 'CC-5001: install 9.2', reference: 'del_1' })
  assert.equal(outcome.ok, true)
  const last = standIn.messages.at(-1)
  assert.deepEqual([last?.type, last?.to, last?.body, last?.reference], ['sms', '07700 900123', 'CC-5001: install 9.2', 'del_1'])
})

test('mail goes out as its plain text, so that nothing in it becomes markup, and its links stay whole', async () => {
  assert.equal((await open().mail.send(letter('cyber@trust.example'))).ok, true)
  const last = standIn.messages.at(-1)
  assert.deepEqual(
    [last?.subject, last?.body, last?.reference, last?.unsubscribe],
    [
      'TLP:CLEAR High CC-5001 # Not a heading',
      '\\# Not a heading\nhttps://carecert.example/r/del_1_2.x*y',
      'del_0123456789abcdef0123456789abcdef.1',
      'https://carecert.example/u/1',
    ],
  )
})

test('what Markdown would take for markup is escaped, line by line', () => {
  const lines: readonly (readonly [string, string])[] = [
    ['- a list', '\\- a list'],
    ['  * a list', '  \\* a list'],
    ['1. Patch', '1\\. Patch'],
    ['^ an inset', '\\^ an inset'],
    ['---', '\\---'],
    ['[Sign in](https://evil.example)', '\\[Sign in\\](https://evil.example)'],
    ['((body))', '(\u200B(body))'],
    ['plain, with 2.1 and a - in it', 'plain, with 2.1 and a - in it'],
  ]
  for (const [plain, escaped] of lines) assert.equal(asNotifyText(plain), escaped)
})

test('a wrong number is the number’s fault and stays; a key or template of ours is ours and blames nobody', async () => {
  const wrong = await open().texts.send({ to: '12', text: 'x', reference: 'del_1' })
  assert.deepEqual(wrong, {
    ok: false,
    permanent: true,
    fault: 'address',
    words: '400 ValidationError: phone_number Not enough digits',
    pauseSeconds: null,
  })
  const template = await open({ NOTIFY_TEXT_TEMPLATE: '11111111-1111-4111-8111-111111111111' }).texts.send({
    to: '07700900123',
    text: 'x',
    reference: 'd',
  })
  assert.deepEqual([template.ok, !template.ok && template.fault, !template.ok && template.permanent], [false, 'ours', true])
  const key = `x-${'1'.repeat(8)}-1111-4111-8111-${'1'.repeat(12)}-11111111-1111-4111-8111-111111111111`
  const stranger = await open({ NOTIFY_API_KEY: key }).texts.send({ to: '07700900123', text: 'x', reference: 'd' })
  assert.match(stranger.words, /^403 AuthError/)
  assert.equal(!stranger.ok && stranger.fault, 'ours')
  assert.deepEqual(await open().mail.send(letter('nowhere')), {
    ok: false,
    permanent: true,
    fault: 'address',
    words: '400 ValidationError: email_address Not a valid email address',
    pauseSeconds: null,
  })
  const mail = await open({ NOTIFY_EMAIL_TEMPLATE: '11111111-1111-4111-8111-111111111111' }).mail.send(letter('cyber@trust.example'))
  assert.deepEqual([!mail.ok && mail.permanent, !mail.ok && mail.fault], [false, 'ours'])
})

test('a broken service passes, and says nothing of who was written to', async () => {
  standIn.failNext(500)
  const broken = await open().texts.send({ to: '07700 900123', text: 'secret words', reference: 'del_1' })
  assert.deepEqual(broken, { ok: false, permanent: false, fault: 'service', words: '500 Exception: Internal server error', pauseSeconds: null })
  const gone = await open({ NOTIFY_URL: 'http://127.0.0.1:1' }).texts.send({ to: '07700 900123', text: 'secret words', reference: 'del_1' })
  assert.deepEqual([gone.ok, !gone.ok && gone.permanent], [false, false])
  assert.doesNotMatch(JSON.stringify(gone), /900123|secret/)
})

test('after "too often" nothing is asked for a while on that channel; the limit of the day lasts until midnight', async () => {
  const { emailsPerDay, textsPerDay, perMinute } = standIn.limits
  const notify = open()
  standIn.limits.perMinute = 0
  const first = await notify.texts.send({ to: '07700 900123', text: 'x', reference: 'd' })
  assert.deepEqual([first.ok, !first.ok && first.permanent, !first.ok && first.pauseSeconds], [false, false, 60])
  const asked = standIn.asked()
  const second = await notify.texts.send({ to: '07700 900123', text: 'x', reference: 'd' })
  assert.deepEqual([second.ok, standIn.asked()], [false, asked])
  standIn.limits.perMinute = perMinute
  assert.equal((await notify.mail.send(letter('cyber@trust.example'))).ok, true)
  standIn.limits.textsPerDay = 0
  standIn.limits.emailsPerDay = emailsPerDay
  const limited = open()
  const today = await limited.texts.send({ to: '07700 900123', text: 'x', reference: 'd' })
  const held = await limited.texts.send({ to: '07700 900123', text: 'x', reference: 'd' })
  standIn.limits.textsPerDay = textsPerDay
  assert.match(today.words, /TooManyRequestsError/)
  assert.ok(
    !today.ok && !held.ok && Math.abs((held.pauseSeconds ?? 0) - (today.pauseSeconds ?? 0)) < 10,
    'a message that was held back waits as long',
  )
  assert.ok(!today.ok && today.pauseSeconds !== null && today.pauseSeconds > 0 && today.pauseSeconds <= 86_400)
  const answer = { response: { status: 429, data: { errors: [{ error: 'TooManyRequestsError', message: 'Exceeded send limits' }] } } }
  assert.equal((notifyRefusal(answer, new Date('2026-11-20T23:59:00Z')) as { pauseSeconds: number }).pauseSeconds, 60)
})

test('settings that do not fit together are refused, and none prints its key', () => {
  assert.throws(() => readConfig({ NOTIFY_TEXT_TEMPLATE: '11111111-1111-4111-8111-111111111111' }), { code: 'platform.config.notify-incomplete' })
  assert.throws(() => readConfig({ MAIL_BY: 'notify' }), { code: 'platform.config.notify-incomplete' })
  assert.throws(
    () => readConfig({ NOTIFY_API_KEY: 'half a key' }),
    (error: Error) => !error.message.includes('half a key'),
  )
  assert.deepEqual(
    [readConfig(standIn.env).config.mailBy, readConfig({ ...standIn.env, SMTP_URL: 'smtp://x' }).config.mailBy, readConfig({}).config.mailBy],
    ['notify', 'smtp', null],
  )
})

test('messages go out below the rate that Notify takes, however many are handed over at once', async () => {
  const notify = open()
  const before = performance.now()
  await Promise.all(Array.from({ length: 24 }, () => notify.texts.send({ to: '07700 900123', text: 'x', reference: 'd' })))
  assert.ok(performance.now() - before >= (23 / 50) * 1_000, 'no more than 50 a second')
})
