import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanHtml } from './safe-html.ts'

test('imported HTML keeps its text, lists, tables and links', () => {
  const html = '<h2>Fix</h2><p>Update to <strong>2.1</strong></p><ul><li>One</li></ul><table><tr><th scope="row">a</th><td>b</td></tr></table>'
  assert.equal(cleanHtml(html), html.replaceAll('h2', 'h3'))
  assert.equal(
    cleanHtml('<a href="https://example.org/a" target="_blank">x</a>'),
    '<a href="https://example.org/a" rel="noopener nofollow" class="nhsuk-link">x</a>',
  )
})

test('imported HTML loses everything that acts, loads or dresses', () => {
  const hostile =
    '<p onclick="a()" style="color:red" class="nhsuk-header">x</p><script>a()</script><img src=x onerror=a()><iframe src="//e"></iframe><svg onload=a()><style>p{}</style><form action="//e"><input></form>'
  assert.equal(cleanHtml(hostile), '<p>x</p>')
})

test("a link within the sender's own site, or of another scheme, loses its address", () => {
  for (const href of ['javascript:a()', ' java\nscript:a()', 'data:text/html,x', '/sign-out', '#x', '//evil.example', 'page.html']) {
    assert.equal(cleanHtml(`<a href="${href}">x</a>`), '<a>x</a>', href)
  }
})
