import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliDecompressSync } from 'node:zlib'
import { Bug } from '../kernel/errors.ts'
import { loadAssets, localStyles } from './assets.ts'

const assets = loadAssets()

test('every file has an address that depends on the content', () => {
  assert.match(assets.url('carecert.css'), /^\/assets\/[0-9a-f]{16}\/carecert\.css$/)
  assert.throws(() => assets.url('nothing.css'), Bug)
})

test('no style sheet or script asks another site for anything', () => {
  for (const [address, file] of assets.files) {
    if (!/\.(?:css|js)$/.test(address)) continue
    assert.doesNotMatch(file.body.toString('utf8'), /url\(["']?(?:https?:)?\/\/|@import|import\(?["']https?:|sourceMappingURL/, address)
  }
})

test('every image that the style sheets name is served beside them', () => {
  for (const name of ['nhsuk.css', 'carecert.css']) {
    const css = assets.files.get(assets.url(name))?.body.toString('utf8') ?? ''
    for (const [, image] of css.matchAll(/url\(["']?([^"')]+)/g)) {
      if (image !== undefined && !image.startsWith('data:')) assert.ok(assets.files.has(assets.url(image)), image)
    }
  }
})

test('every script that a script imports is served beside it', () => {
  for (const [address, file] of assets.files) {
    if (!address.endsWith('.js')) continue
    for (const [, name] of file.body.toString('utf8').matchAll(/(?:from |import\()'\.\/([^']+)'/g))
      assert.ok(assets.files.has(assets.url(name ?? '')), name)
  }
})

test('the compressed body is the body', () => {
  const file = assets.files.get(assets.url('nhsuk.css'))
  assert.ok(file?.brotli)
  assert.deepEqual(brotliDecompressSync(file.brotli), file.body)
})

test('a style sheet that would still need the network is refused', () => {
  assert.equal(localStyles('@font-face{src:url(https://a.example/f.woff)}p{background:url(/assets/images/x.svg)}'), 'p{background:url(images/x.svg)}')
  assert.throws(() => localStyles('p{background:url(//a.example/x.png)}'), Bug)
})
