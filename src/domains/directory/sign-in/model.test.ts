import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { keepableFields, localAddress, readSlot, withSlot } from './model.ts'

test('an address of this site is kept whole', () => {
  for (const address of ['/', '/bulletins/CC-5001', '/threats?q=a%20b&sort=-age', '/account#acting', '/search?q=https://evil.example'])
    assert.equal(localAddress(address), address)
})

test('an address that could lead elsewhere, or round in circles, gives the start page', () => {
  const hostile = [
    undefined,
    null,
    '',
    'bulletins',
    'https://evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    ' //evil.example',
    '/..//evil.example',
    '/%0d%0aLocation:x\r\n',
    'javascript:alert(1)',
    '/sign-in',
    '/sign-in?to=/x',
    '/sign-out',
    '/sign-in/sample/x',
    `/${'a'.repeat(3_000)}`,
  ]
  for (const address of hostile) assert.equal(localAddress(address), '/', String(address))
})

test('whatever is asked for, a browser stays on this site', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc.string().map(text => `/${text}`),
        fc.string().map(text => `//${text}`),
      ),
      asked => {
        assert.equal(new URL(localAddress(asked), 'https://carecert.example').origin, 'https://carecert.example')
      },
    ),
  )
})

const token = fc.stringMatching(/^[\w-]{43}$/)

test('the two slots of the cookie do not disturb each other', () => {
  fc.assert(
    fc.property(token, token, (form, step) => {
      const both = withSlot(withSlot(null, 'form', form), 'step', step)
      assert.equal(readSlot(both, 'form'), form)
      assert.equal(readSlot(both, 'step'), step)
      assert.equal(readSlot(withSlot(both, 'step', null), 'form'), form)
      assert.equal(withSlot(withSlot(both, 'step', null), 'form', null), null)
    }),
  )
})

test('a cookie that was tampered with is as good as none', () => {
  fc.assert(fc.property(fc.string(), cookie => assert.ok(readSlot(cookie, 'form') === null || /^[\w-]{43}$/.test(readSlot(cookie, 'form') ?? ''))))
})

test('secrets and tokens are not kept with a form, the rest is, in order', () => {
  const body = {
    title: 'T',
    password: 'p',
    newPassword: 'n',
    currentPassword: 'c',
    code: '1',
    credential: '{}',
    _csrf: 'x',
    token: 't',
    tags: ['a', 'b'],
    nothing: undefined,
    object: { a: 1 },
  }
  assert.deepEqual(keepableFields(body), [
    ['title', 'T'],
    ['tags', 'a'],
    ['tags', 'b'],
  ])
})
