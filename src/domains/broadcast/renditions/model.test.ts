import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TLP } from '../../../kernel/tlp.ts'
import { BulletinContent } from '../bulletins/model.ts'
import { partsOf, septets, toGsm } from './gsm.ts'
import { textMessage, type Rendered } from './model.ts'

const LINK = 'https://carecert.example/r/del_0123456789abcdef0123456789abcdef.1.1790000000.abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq'

function told(over: Partial<Rendered>): Rendered {
  const content = BulletinContent.parse({ title: 'Sign-in flaw in Larch Records', steps: [{ type: 'Patch', text: 'Install version 9.2' }] })
  return { title: content.title, severity: 'high', tlp: 'CLEAR', respondBy: new Date('2027-03-27T17:00:00Z'), isExercise: false, content, ...over }
}

test('a text message says who sends it, the number, what to do, by when, and ends with the link', () => {
  const { text, parts } = textMessage(told({}), 'CC-5001', LINK)
  assert.equal(text, `CareCERT CC-5001 High TLP:CLEAR: Sign-in flaw in Larch Records. Install version 9.2. Answer by Sat 27 Mar, 17:00. ${LINK}`)
  assert.equal(parts.join(''), text)
  assert.equal(parts.length, 2)
})

test('whatever a bulletin says, its text message has three parts at most, the whole link, and nothing outside the alphabet', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }),
      fc.string({ unit: fc.constantFrom('a', '€', '{', ' ', '’', 'ł', '\n', '漢'), maxLength: 900 }),
      fc.constantFrom(...TLP),
      fc.boolean(),
      (title, step, tlp, isExercise) => {
        const content = BulletinContent.parse({ title: `x${title}`.slice(0, 200), steps: [{ type: 'Patch', text: `Do ${step}` }] })
        const { text, parts } = textMessage(told({ title, content, tlp, isExercise }), 'CC-5001', LINK)
        assert.ok(parts.length <= 3, `${parts.length} parts`)
        assert.equal(parts.join(''), text)
        assert.equal(toGsm(text), text)
        assert.ok(parts.every(part => septets(part) <= (parts.length === 1 ? 160 : 153)))
        assert.ok(text.includes(LINK))
        assert.ok(text.includes('CC-5001'))
        if (isExercise) assert.ok(text.startsWith('EXERCISE') && text.endsWith('EXERCISE'))
      },
    ),
  )
})

test('above GREEN a text message says neither the title nor what to do', () => {
  const { text } = textMessage(told({ tlp: 'AMBER' }), 'CC-5001', LINK, 'KITE')
  assert.equal(text, `CareCERT CC-5001 High TLP:AMBER: Sign in to read it. Answer by Sat 27 Mar, 17:00. Code KITE. ${LINK}`)
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
