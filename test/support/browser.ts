import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core'

/**
 * A real Chromium for the tests of pages. It comes from npm packed (@sparticuz/chromium, with fonts and the libraries
 * that a bare machine lacks), and is unpacked once into .cache. `TEST_BROWSER` names another Chromium to use instead.
 */
interface Program {
  readonly path: string
  readonly env: Record<string, string>
}

// Not the package's own list of flags: that one switches off web security and runs all in one process.
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--font-render-hinting=none',
]

const CACHE = fileURLToPath(new URL('../../.cache/', import.meta.url))
const PACKED = new URL('../', import.meta.resolve('@sparticuz/chromium'))

/** Unpacks the browser if that was not done yet, and says where it is. Takes some seconds the first time. */
export async function browserProgram(): Promise<Program> {
  const own = process.env['TEST_BROWSER']
  if (own !== undefined && own !== '') return { path: own, env: {} }
  const { version } = JSON.parse(readFileSync(new URL('package.json', PACKED), 'utf8')) as { version: string }
  const folder = `${CACHE}chromium-${version}`
  if (!existsSync(folder)) await unpack(folder)
  const path = `${folder}/chromium`
  const env: Record<string, string> = { FONTCONFIG_FILE: `${folder}/fonts.conf` }
  if (lacksLibraries(path)) env['LD_LIBRARY_PATH'] = `${folder}/al2023/lib`
  return { path, env }
}

/** Starts the browser. The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const { path, env } = await browserProgram()
  return chromium.launch({ executablePath: path, headless: true, args: FLAGS, env: { ...process.env, ...env } })
}

/** A fresh profile in the browser that reaches this machine and nothing else. The caller closes it. */
export async function openContext(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/London', ...options })
  await context.route(
    url => !['127.0.0.1', 'localhost', ''].includes(url.hostname),
    route => route.abort('blockedbyclient'),
  )
  return context
}

/** All or nothing: a run that is killed in the middle leaves no half browser behind. */
async function unpack(folder: string): Promise<void> {
  mkdirSync(CACHE, { recursive: true })
  const draft = mkdtempSync(`${folder}-`)
  const { inflate } = await import('@sparticuz/chromium')
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = draft // inflate() writes to the temporary folder, and has no other way to be told
  try {
    await Promise.all(['chromium.br', 'fonts.tar.br', 'al2023.tar.br'].map(name => inflate(fileURLToPath(new URL(`bin/${name}`, PACKED)))))
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
  writeFileSync(`${draft}/fonts.conf`, fontsConfiguration([`${folder}/fonts`, '/usr/share/fonts'], `${folder}/fonts-cache`))
  if (existsSync(folder)) rmSync(draft, { recursive: true })
  else renameSync(draft, folder)
}

function fontsConfiguration(folders: readonly string[], cache: string): string {
  const dirs = folders.map(folder => `<dir>${folder}</dir>`).join('')
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>${dirs}<cachedir>${cache}</cachedir></fontconfig>\n`
}

/** Whether the machine lacks a library that the browser is linked with (libnss3, say, on a bare Debian). */
function lacksLibraries(path: string): boolean {
  return spawnSync('ldd', [path], { encoding: 'utf8' }).stdout.includes('not found')
}
