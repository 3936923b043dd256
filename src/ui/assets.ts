import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { Bug } from '../kernel/errors.ts'
import type { StaticFile, StaticFiles } from '../platform/views.ts'

const require = createRequire(import.meta.url)
const ownFolder = join(dirname(fileURLToPath(import.meta.url)), 'assets')
const nhsukFolder = join(dirname(require.resolve('nhsuk-frontend/package.json')), 'dist', 'nhsuk')
// This package exports its main file only; the bundle for browsers lies beside that file's folder.
const passkeyBundle = join(dirname(require.resolve('@simplewebauthn/browser')), '..', 'dist', 'bundle', 'index.umd.min.js')

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
}

/**
 * Reads every file that pages refer to into memory (about 0.5 MB), under one hash of all their bytes: relative addresses
 * between them stay right, and each may be cached for ever (`Cache-Control: public, max-age=31536000, immutable`).
 */
export function loadAssets(): StaticFiles {
  const sources = new Map<string, Buffer>([
    ['nhsuk.css', Buffer.from(localStyles(readFileSync(join(nhsukFolder, 'nhsuk-frontend.min.css'), 'utf8')))],
    ['nhsuk.js', withoutSourceMap(readFileSync(join(nhsukFolder, 'nhsuk-frontend.min.js'), 'utf8'))],
    ['simplewebauthn.js', withoutSourceMap(readFileSync(passkeyBundle, 'utf8'))],
    ['manifest.json', readFileSync(join(nhsukFolder, 'assets', 'manifest.json'))],
    ...readdirSync(join(nhsukFolder, 'assets', 'images')).map(
      name => [`images/${name}`, readFileSync(join(nhsukFolder, 'assets', 'images', name))] as const,
    ),
    ...readdirSync(ownFolder).map(name => [name, readFileSync(join(ownFolder, name))] as const),
  ])
  const root = `/assets/${hashOf(sources)}`
  const files = new Map([...sources].map(([name, body]) => [`${root}/${name}`, staticFile(name, body)]))
  return {
    files,
    url(name) {
      if (!sources.has(name)) throw new Bug('ui.asset.unknown', `There is no asset named ${name}.`)
      return `${root}/${name}`
    },
  }
}

/**
 * The NHS style sheet without the network: its font is not in the package and lies on another site, so its rules go and
 * the system's own fallback (Arial) is used; images are fetched from beside the style sheet.
 * Throws `Bug` when an address of another site is left.
 */
export function localStyles(css: string): string {
  const local = css
    .replaceAll(/@font-face\s*\{[^}]*\}/g, '')
    .replaceAll('url(/assets/images/', 'url(images/')
    .replace(/\/\*# sourceMappingURL=.*?\*\//, '')
  const remote = /url\(["']?(?:https?:)?\/\/[^)]*\)|@import[^;]*/.exec(local)
  if (remote !== null) throw new Bug('ui.asset.remote', 'The NHS style sheet refers to another site.', remote[0])
  return local
}

/** Maps are not served, so that a browser's tools do not ask for what is not there. */
function withoutSourceMap(script: string): Buffer {
  return Buffer.from(script.replace(/\/\/# sourceMappingURL=.*$/m, ''))
}

function hashOf(sources: ReadonlyMap<string, Buffer>): string {
  const hash = createHash('sha256')
  for (const [name, body] of sources) hash.update(name).update('\0').update(body).update('\0')
  return hash.digest('hex').slice(0, 16)
}

function staticFile(name: string, body: Buffer): StaticFile {
  const contentType = CONTENT_TYPES[extname(name)]
  if (contentType === undefined) throw new Bug('ui.asset.unknown-kind', `No content type is known for ${name}.`)
  const brotli = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 7 } })
  return { contentType, body, brotli: brotli.length < body.length ? brotli : null }
}
