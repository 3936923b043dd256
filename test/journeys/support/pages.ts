import assert from 'node:assert/strict'

/** Checks that a page says it, in its words or its markup. When it does not, the words of the page's main part are shown. */
export function says(page: { readonly body: string }, pattern: RegExp): void {
  if (!pattern.test(page.body)) assert.fail(`${String(pattern)} is not on the page. It says: ${wordsOf(page.body)}`)
}

export function saysNot(page: { readonly body: string }, pattern: RegExp): void {
  if (pattern.test(page.body)) assert.fail(`${String(pattern)} is on the page. It says: ${wordsOf(page.body)}`)
}

/** The words of a page for a person who reads a failure; nothing is decided by it. */
function wordsOf(html: string): string {
  const main = /<main[\s\S]*<\/main>/.exec(html)?.[0] ?? html
  return main
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 3_000)
}
