import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LONGEST_PASSWORD, passwordFault, SHORTEST_PASSWORD } from './password-policy.ts'

for (const password of [
  'Password12345!',
  'P@ssw0rd12345',
  'passwordpassword',
  'Welcome2026!!',
  'qwertyuiop123',
  'letmein123456',
  'aaaaaaaaaaaa',
  'abcabcabcabc',
  '123456789012',
  'abcdefghijklmn',
  'Summer2026!!!',
  'NHSHospital2026',
  'CareCERT-2026!',
  'administrator1',
  'ILoveYou123456',
  '            ',
  'zyxwvutsrqponm',
  'Summer2026Winter!',
  '!!Password1Welcome2',
]) {
  test(`"${password}" is refused as easy to guess`, () => assert.match(passwordFault(password) ?? '', /easy to guess/))
}

for (const password of [
  'correct horse battery staple',
  'tango-bread-otter-lamp',
  'vX9#kd02LLqpz',
  '7f3#9!2k8$1x',
  'ñandú volcán 2026 zorro',
  'пароль верблюда дом',
  '我的密码是一只很胖的猫呀呀',
]) {
  test(`"${password}" is taken`, () => assert.equal(passwordFault(password), null))
}

test('a password made of the person’s own name, address or organisation is refused', () => {
  const about = ['Gwendolyn Ashworth', 'g.ashworth@mersey-vale.example', 'Mersey Vale Hospital']
  for (const password of ['GwendolynAshworth1', 'merseyvale2026!', 'Ashworth-Mersey-99'])
    assert.match(passwordFault(password, about) ?? '', /easy to guess/, password)
  assert.equal(passwordFault('lantern gravel teacup', about), null)
})

test('a short one is told how long it must be, whatever it is made of', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: SHORTEST_PASSWORD - 1 }), password => assert.match(passwordFault(password) ?? '', /12 characters or more/)),
  )
})

test('the length limits count characters as people see them, not bytes', () => {
  assert.match(passwordFault('🦔🐿🦉🦊🐝🦡') ?? '', /12 characters or more/)
  assert.match(passwordFault('x'.repeat(LONGEST_PASSWORD + 1)) ?? '', /128 characters or fewer/)
})

test('what random words give is taken', () => {
  const word = fc.constantFrom('lantern', 'gravel', 'teacup', 'bramble', 'oxide', 'pelican', 'quarry', 'velvet', 'harbour', 'thimble')
  fc.assert(fc.property(fc.uniqueArray(word, { minLength: 3, maxLength: 6 }), words => assert.equal(passwordFault(words.join(' ')), null)))
})
