import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSafeLink, markdownToHtml } from './markdown.ts'

test('raw HTML is shown, never passed on', () => {
  const html = markdownToHtml('<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> and <b>this</b>')
  assert.doesNotMatch(html, /<(?:script|img|b)\b/)
  assert.match(html, /&lt;script&gt;/)
})

test('a host without a scheme, as in a list of indicators of compromise, is no link', () => {
  assert.doesNotMatch(markdownToHtml('example.com, www.example.org, a@example.com, 192.0.2.1'), /<a /)
})

test('links of our own choosing only, and they lend no weight', () => {
  assert.match(markdownToHtml('https://example.org/x'), /<a href="https:\/\/example\.org\/x" class="nhsuk-link" rel="noopener nofollow">/)
  for (const address of ['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', '//evil.example']) {
    assert.equal(isSafeLink(address), false, address)
    assert.doesNotMatch(markdownToHtml(`[press](${address})`), /<a /, address)
  }
  for (const address of ['/\\evil.example', 'https://user:secret@evil.example/']) assert.equal(isSafeLink(address), false, address)
  for (const address of ['/bulletins/CC-5001', '#top', 'mailto:a@example.org', 'tel:01632960000']) assert.equal(isSafeLink(address), true, address)
})

test('no image is fetched', () => {
  assert.doesNotMatch(markdownToHtml('![pixel](https://evil.example/p.gif)'), /<img/)
})

test('headings start below those of the page', () => {
  assert.match(markdownToHtml('# A\n\n## B'), /<h2 class="nhsuk-heading-l">A<\/h2>\s*<h3 class="nhsuk-heading-m">B<\/h3>/)
  assert.match(markdownToHtml('# A\n\n##### B', 4), /<h4 [^>]*>A<\/h4>\s*<h6 [^>]*>B<\/h6>/)
})

test('tables are aligned by class, for a style attribute would be refused', () => {
  const html = markdownToHtml('| a | b |\n|:--|--:|\n| 1 | 2 |')
  assert.doesNotMatch(html, /style=/)
  assert.match(html, /<td class="nhsuk-table__cell nhsuk-u-text-align-right">2<\/td>/)
})
