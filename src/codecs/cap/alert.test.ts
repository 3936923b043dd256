import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseInstant } from '../../kernel/instant.ts'
import { capTime, writeCapAlert, type CapAlert } from './alert.ts'

const at = (text: string) => parseInstant(text) ?? assert.fail()
const ALERT: CapAlert = {
  identifier: 'CC-5001-2',
  sender: 'carecert@centre.example',
  sent: at('2026-05-01T10:00:00.750+01:00'),
  status: 'Exercise',
  messageType: 'Update',
  scope: { kind: 'Restricted', restriction: 'TLP:GREEN' },
  note: null,
  references: [{ sender: 'carecert@centre.example', identifier: 'CC-5001-1', sent: '2026-05-01T08:00:00-00:00' }],
  info: {
    language: 'en-GB',
    categories: ['Infra', 'Health'],
    event: 'Vulnerability',
    responseType: 'Execute',
    urgency: 'Immediate',
    severity: 'Severe',
    certainty: 'Observed',
    audience: null,
    effective: at('2026-05-01T08:00:00Z'),
    senderName: 'A centre & its friends',
    headline: 'CC-5001: a flaw in <Larch>',
    description: 'It lets\nanybody in.',
    instruction: 'Install version 2.',
    web: 'https://centre.example/public/CC-5001?a=1&b=2',
    parameters: [{ name: 'tlp', value: 'GREEN' }],
    area: 'England',
  },
}

test('an alert says what it was given, in the order of the schema', () => {
  assert.equal(
    writeCapAlert(ALERT),
    `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>CC-5001-2</identifier><sender>carecert@centre.example</sender>
<sent>2026-05-01T09:00:00-00:00</sent><status>Exercise</status><msgType>Update</msgType><scope>Restricted</scope>
<restriction>TLP:GREEN</restriction><references>carecert@centre.example,CC-5001-1,2026-05-01T08:00:00-00:00</references>
<info><language>en-GB</language><category>Infra</category><category>Health</category><event>Vulnerability</event>
<responseType>Execute</responseType><urgency>Immediate</urgency><severity>Severe</severity><certainty>Observed</certainty>
<effective>2026-05-01T08:00:00-00:00</effective><senderName>A centre &amp; its friends</senderName>
<headline>CC-5001: a flaw in &lt;Larch&gt;</headline><description>It lets|anybody in.</description>
<instruction>Install version 2.</instruction><web>https://centre.example/public/CC-5001?a=1&amp;b=2</web>
<parameter><valueName>tlp</valueName><value>GREEN</value></parameter><area><areaDesc>England</areaDesc></area></info></alert>
`
      .replaceAll('>\n<', '><')
      .replace('?><alert', '?>\n<alert')
      .replace('|', '\n'),
  )
})

test('a time has whole seconds and -00:00 for UTC, never Z', () => {
  assert.equal(capTime(at('2026-05-01T00:30:00.999+02:00')), '2026-04-30T22:30:00-00:00')
})

test('what is for some names them, one with blanks in quotes', () => {
  const text = writeCapAlert({ ...ALERT, scope: { kind: 'Private', addresses: ['A12', 'the "ambulance" group'] } })
  assert.match(text, /<scope>Private<\/scope><addresses>A12 &quot;the 'ambulance' group&quot;<\/addresses>/)
})

test('what could not be valid is not written', () => {
  for (const identifier of ['CC 5001', 'CC,5001', 'CC<5001', 'CC&5001', ''])
    assert.throws(() => writeCapAlert({ ...ALERT, identifier }), { code: 'cap.name' }, identifier)
  assert.throws(() => writeCapAlert({ ...ALERT, sender: 'the centre' }), { code: 'cap.name' })
  for (const messageType of ['Update', 'Cancel'] as const)
    assert.throws(() => writeCapAlert({ ...ALERT, messageType, references: [] }), { code: 'cap.references' })
})
