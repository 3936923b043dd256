import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TLP } from '../../../kernel/tlp.ts'
import { BulletinContent } from '../bulletins/model.ts'
import { headlineOf, letterOf, MAILING_KINDS, type Told } from '../deliveries/model.ts'
import { partsOf, septets, toGsm } from './gsm.ts'
import { boardLines, callScript, renditionOf, RENDITIONS, wordsOf, textMessage, type Rendered } from './model.ts'

const LINK = 'https://carecert.example/r/ASNFZ4mrze8BI0VniavN7wAAAWqxOYAabcdefghijklmnop'
const REPLY = { link: LINK, code: '048213' }

function told(over: Partial<Rendered>): Rendered {
  const content = BulletinContent.parse({ title: 'Sign-in flaw in Larch Records', steps: [{ type: 'Patch', text: 'Install version 9.2' }] })
  return { title: content.title, severity: 'high', tlp: 'CLEAR', respondBy: new Date('2027-03-27T17:00:00Z'), isExercise: false, content, ...over }
}

test('a text message says who sends it, the number, what to do, by when, and ends with the link and the code that proves it', () => {
  const { text, parts } = textMessage(told({}), 'CC-5001', REPLY)
  assert.equal(
    text,
    `CareCERT CC-5001 High TLP:CLEAR: Sign-in flaw in Larch Records. Install version 9.2. Answer by Sat 27 Mar, 17:00. ${LINK} Check code 048213.`,
  )
  assert.equal(parts.join(''), text)
  assert.equal(parts.length, 2)
})

test('whatever a bulletin says, its text message has three parts at most, the whole link and code, and nothing outside the alphabet', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
      fc.string({ unit: fc.constantFrom('a', '€', '{', ' ', '’', 'ł', '\n', '漢'), maxLength: 900 }),
      fc.constantFrom(...TLP),
      fc.boolean(),
      (title, step, tlp, isExercise) => {
        const content = BulletinContent.parse({ title: `x${title}`.slice(0, 200), steps: [{ type: 'Patch', text: `Do ${step}` }] })
        const { text, parts } = textMessage(told({ title, content, tlp, isExercise }), 'CC-5001', REPLY)
        assert.ok(parts.length <= 3, `${parts.length} parts`)
        assert.equal(parts.join(''), text)
        assert.equal(toGsm(text), text)
        assert.ok(parts.every(part => septets(part) <= (parts.length === 1 ? 160 : 153)))
        assert.ok(text.includes(`${LINK} Check code 048213.`))
        assert.ok(text.includes('CC-5001'))
        if (isExercise) assert.ok(text.startsWith('EXERCISE') && text.endsWith('EXERCISE'))
      },
    ),
  )
})

test('above GREEN a text message says neither the title nor what to do', () => {
  const { text } = textMessage(told({ tlp: 'AMBER' }), 'CC-5001', REPLY)
  assert.equal(text, `CareCERT CC-5001 High TLP:AMBER: Sign in to read it. Answer by Sat 27 Mar, 17:00. ${LINK} Check code 048213.`)
})

test('a text message of an update says that it is one and what is new, and above GREEN only that there is news', () => {
  const of = (tlp: 'GREEN' | 'AMBER') => {
    const record: Told = {
      ...told({ tlp }),
      kind: 'update',
      releasedAt: new Date(0),
      withdrawnReason: null,
      update: { title: 'A fix is out', body: 'x' },
    }
    return textMessage(record, 'CC-5001', REPLY, headlineOf(record)).text
  }
  assert.equal(
    of('GREEN'),
    `CareCERT CC-5001 High TLP:GREEN: Updated: A fix is out. Install version 9.2. Answer by Sat 27 Mar, 17:00. ${LINK} Check code 048213.`,
  )
  assert.equal(of('AMBER'), `CareCERT CC-5001 High TLP:AMBER: Updated: Sign in to read it. Answer by Sat 27 Mar, 17:00. ${LINK} Check code 048213.`)
})

test('a holding statement is marked wherever it is named, also where its title may not be said', () => {
  const record = told({ title: 'HOLDING: Something', tlp: 'RED' })
  assert.match(textMessage(record, 'CC-5001', REPLY).text, /TLP:RED: HOLDING: Sign in to read it\./)
  const letter = letterOf({ ...record, kind: 'release', releasedAt: new Date(0), withdrawnReason: null, update: null }, 'CC-5001', LINK)
  assert.equal(letter.subject, 'TLP:RED High CC-5001 HOLDING: Sign in to read it')
})

test('septets are counted as they travel: an extended character takes two, and is never parted', () => {
  assert.equal(septets('€'.repeat(80)), 160)
  assert.equal(partsOf('€'.repeat(80)).length, 1)
  assert.deepEqual(
    partsOf('€'.repeat(81)).map(part => part.length),
    [76, 5],
  )
  assert.equal(toGsm('“Łódź”…'), '"?odz"...')
})

const SECRETS = ['titleword', 'whatword', 'whoword', 'stepword', 'safeword', 'careword', 'boardword', 'detailword', 'indicatorword', 'newsword']

test('whatever the label, the rendition and what carries it: what it may not carry is not in the bytes, and what it may is', () => {
  const content = BulletinContent.parse({
    title: 'titleword',
    shortSummary: 'whatword',
    summary: 'whatword',
    platforms: [{ platform: 'whoword' }],
    steps: [{ type: 'Patch', text: 'stepword' }],
    safeToUse: 'safeword',
    clinicalImpact: 'careword',
    boardWords: 'boardword',
    threatDetails: 'detailword',
    indicators: 'indicatorword',
    news: { title: 'newsword', isMaterial: true },
  })
  const about = { number: 'CC-5001', address: 'https://carecert.example/bulletins/CC-5001' }
  fc.assert(
    fc.property(
      fc.constantFrom(...TLP),
      fc.constantFrom(...RENDITIONS),
      fc.constantFrom('mail', 'text', 'webhook', 'call', 'page' as const),
      fc.constantFrom(...MAILING_KINDS),
      (tlp, kind, carrier, mailing) => {
        const record = told({ title: 'titleword', tlp, content })
        const words = wordsOf(renditionOf(kind, record, about, carrier))
        const leaked = SECRETS.filter(secret => words.includes(secret))
        const narrowest = { mail: 'GREEN', text: 'GREEN', webhook: 'GREEN', call: 'AMBER+STRICT', page: 'RED' } as const
        const limit = TLP.indexOf(kind === 'text' ? 'GREEN' : narrowest[carrier])
        if (TLP.indexOf(tlp) > limit) assert.deepEqual(leaked, [], `${tlp} ${kind} by ${carrier}`)
        else assert.ok(leaked.length > 0, `${tlp} ${kind} by ${carrier} says something`)
        assert.ok(words.includes('CC-5001') || leaked.length > 0)
        const letter = letterOf(
          {
            ...record,
            kind: mailing,
            releasedAt: new Date('2027-03-25T09:00:00Z'),
            withdrawnReason: 'detailword',
            update: { title: 'newsword', body: 'x' },
          },
          'CC-5001',
          about.address,
        )
        const mailed = JSON.stringify(letter)
        if (TLP.indexOf(tlp) > TLP.indexOf('GREEN'))
          assert.deepEqual(
            SECRETS.filter(secret => mailed.includes(secret)),
            [],
            `${tlp} in a ${mailing} mail`,
          )
      },
    ),
    { numRuns: 600 },
  )
})

test('without words of its own for wards and boards, a bulletin says them from the rest; a call is four sentences, a board’s page five lines', () => {
  const record = told({})
  assert.deepEqual(boardLines(record), [
    'What: Sign-in flaw in Larch Records',
    'Whom it concerns: not yet known.',
    'What is asked: Install version 9.2',
    'By when: Saturday 27 March at 17:00. What is done is your organisation’s decision, and so is not to act.',
    'How sure we are: not known yet.',
  ])
  assert.deepEqual(callScript(record, 'CC-5001'), [
    'This is the cyber centre about CC-5001, severity high: Sign-in flaw in Larch Records.',
    'We do not know yet whom it concerns.',
    'We ask you to do this: install version 9.2; please answer by Saturday 27 March at 17:00.',
    'What you do is your decision: may I write down where you stand?',
  ])
})
