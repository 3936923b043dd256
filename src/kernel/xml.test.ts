import assert from 'node:assert/strict'
import { test } from 'node:test'
import { element, xmlDocument } from './xml.ts'

test('texts and attributes are escaped, each sign once, and what XML cannot hold is left out', () => {
  const piece = element('a', { href: 'x?a=1&b="2"', none: undefined }, 'one & <two> &lt;b&gt;\u0000\r\n', element('b'), null)
  assert.equal(piece.xml, '<a href="x?a=1&amp;b=&quot;2&quot;">one &amp; &lt;two&gt; &amp;lt;b&amp;gt;&#13;\n<b/></a>')
  assert.equal(xmlDocument(element('r')), '<?xml version="1.0" encoding="UTF-8"?>\n<r/>\n')
})
