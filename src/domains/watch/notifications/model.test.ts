import assert from 'node:assert/strict'
import { test } from 'node:test'
import { itemOf, mayAcknowledge, notificationNumber, parseNotificationNumber, suspicionsOf, type NotificationFacts, type SpamFacts } from './model.ts'

const CLEAN: SpamFacts = {
  isTrapSprung: false,
  openMillis: 30_000,
  what: 'The screens are dark. See https://status.example.',
  isOrganisationRecognised: false,
  fromNetwork: 0,
  fromAnybody: 0,
  ofOrganisation: 0,
  sameWords: 0,
}

function suspicions(facts: Partial<SpamFacts>): readonly string[] {
  return suspicionsOf({ ...CLEAN, ...facts })
}

test('nothing speaks against an ordinary report, nor against one by the API, which has no form', () => {
  assert.deepEqual(suspicions({}), [])
  assert.deepEqual(suspicions({ openMillis: undefined }), [])
})

test('each rule on spam holds from its limit on', () => {
  assert.deepEqual(suspicions({ isTrapSprung: true }), ['trap'])
  assert.deepEqual([suspicions({ openMillis: 2_999 }), suspicions({ openMillis: 3_000 })], [['too-fast'], []])
  assert.deepEqual(suspicions({ openMillis: -5 }), ['too-fast'], 'opened later than it was sent')
  assert.deepEqual(suspicions({ openMillis: null }), ['no-form'])
  assert.deepEqual(suspicions({ what: 'see [url=https://x.example]this[/url]' }), ['links'])
  assert.deepEqual([suspicions({ sameWords: 2 }), suspicions({ sameWords: 3 })], [[], ['same-words']])
  assert.deepEqual([suspicions({ fromNetwork: 19 }), suspicions({ fromNetwork: 20 })], [[], ['network-flood']])
  assert.deepEqual([suspicions({ fromAnybody: 119 }), suspicions({ fromAnybody: 120 })], [[], ['flood']])
})

test('while a flood is on, the first report of an organisation within an hour is taken, and from one network a hundred of them', () => {
  const first = { isOrganisationRecognised: true, ofOrganisation: 0 }
  assert.deepEqual(suspicions({ ...first, fromAnybody: 2_999, fromNetwork: 99 }), [])
  assert.deepEqual(suspicions({ ...first, fromNetwork: 100 }), ['network-flood'])
  assert.deepEqual(suspicions({ ...first, ofOrganisation: 1, fromAnybody: 120 }), ['flood'])
})

test('an address is sent one mail an hour and three a day, a network ten an hour, everybody two hundred', () => {
  const none = { toAddressLastHour: 0, toAddressLastDay: 0, forNetworkLastHour: 0, forAnybodyLastHour: 0 }
  assert.ok(mayAcknowledge({ toAddressLastHour: 0, toAddressLastDay: 2, forNetworkLastHour: 9, forAnybodyLastHour: 199 }))
  for (const full of [{ toAddressLastHour: 1 }, { toAddressLastDay: 3 }, { forNetworkLastHour: 10 }, { forAnybodyLastHour: 200 }])
    assert.ok(!mayAcknowledge({ ...none, ...full }), JSON.stringify(full))
})

test('a number is read as people write it, and nothing else is', () => {
  assert.equal(notificationNumber(2026, 7), 'IN-2026-0007')
  assert.equal(notificationNumber(2026, 12_345), 'IN-2026-12345')
  assert.equal(parseNotificationNumber(' in-2026-0007 '), 'IN-2026-0007')
  for (const text of ['', 'IN-2026-7', 'IN-26-0007', 'CC-5001', "IN-2026-0007'--", 'IN-2026-00070000000000000000'])
    assert.notEqual(parseNotificationNumber(text), text, text)
})

test('an item says nothing in its title that the sender wrote, and ties itself to nothing', () => {
  const facts: NotificationFacts = {
    number: 'IN-2026-0007',
    kind: 'malware',
    what: 'CVE-2026-0001 in Acme Gateway, see https://evil.example',
    care: 'affected',
    since: '9:30',
    peopleAffected: 1_200,
    organisation: { code: 'XTA', name: 'Mersey Vale Hospital' },
    isConfirmed: false,
    receivedAt: new Date('2026-11-20T09:00:00Z'),
    tlp: 'AMBER',
    isWithdrawn: false,
  }
  const item = itemOf(facts)
  assert.equal(item.title, 'Ransomware or another virus reported by Mersey Vale Hospital (IN-2026-0007)')
  assert.equal(item.summary, 'Ransomware or another virus. Care is affected. About 1,200 people are concerned.')
  assert.deepEqual([item.cves, item.products, item.references, item.url, item.tlp], [[], [], [], null, 'AMBER'])
  assert.equal(item.details['isCareAffectedReported'], true)
  assert.equal(itemOf({ ...facts, organisation: null }).details['isCareAffectedReported'], false, 'nobody knows whose care')
})
