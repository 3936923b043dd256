import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ALL_ROLES, ROLES, type Role } from '../../src/kernel/role.ts'
import { startSampleApp, type SampleApp } from '../support/sample-app.ts'

/** No page offers a link that is then refused: every link of every reachable page, followed as each role. */
let app: SampleApp

before(async () => {
  // Each role comes from an address of its own: one address may ask only so often.
  app = await startSampleApp({ env: { TRUST_PROXY: 'loopback' } })
})

after(() => app.stop())

/** Enough to meet each bulletin of the sample in each state, and a few of everything that there are many of. */
const MOST_OF_A_KIND = 2
const MOST_OF_A_BULLETIN_PAGE = 8

for (const role of ALL_ROLES) {
  test(`${ROLES[role].label}: every link leads somewhere`, async () => {
    const { refused, followed } = await followAll(role)
    assert.deepEqual(refused, [])
    assert.ok(followed >= 20, `only ${followed} addresses were reached`)
  })
}

async function followAll(role: Role): Promise<{ refused: readonly string[]; followed: number }> {
  const signedIn = await fetch(app.signInAddress(role), { redirect: 'manual' })
  const cookie = signedIn.headers
    .getSetCookie()
    .map(text => text.split(';')[0])
    .join('; ')
  const followed = new Set<string>()
  const ofKind = new Map<string, number>()
  const refused: string[] = []
  const waiting = [{ href: '/', from: 'signing in' }]
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const url = new URL(next.href, app.address)
    url.hash = ''
    const kind = kindOf(url)
    const most = kind.startsWith('/bulletins/CC') && url.search === '' ? MOST_OF_A_BULLETIN_PAGE : MOST_OF_A_KIND
    const count = ofKind.get(kind) ?? 0
    if (url.origin !== app.address || followed.has(url.href) || count >= most) continue
    followed.add(url.href)
    ofKind.set(kind, count + 1)
    const response = await fetch(url, { headers: { cookie, 'x-forwarded-for': addressOf(role) }, redirect: 'manual' })
    const body = await response.text()
    if (response.status >= 400) refused.push(`${response.status} ${url.pathname}${url.search}, offered by ${next.from}`)
    const from = `${url.pathname}${url.search}`
    const target = response.headers.get('location')
    if (target !== null) waiting.push({ href: new URL(target, url).href, from })
    // What a message offers is for whoever it was sent to.
    const isMessage = url.pathname.startsWith('/mailbox/')
    if (!isMessage && response.headers.get('content-type')?.startsWith('text/html') === true)
      waiting.push(...linksOf(body, url).map(href => ({ href, from })))
  }
  return { refused, followed: followed.size }
}

function addressOf(role: Role): string {
  return `192.0.2.${ALL_ROLES.indexOf(role) + 1}`
}

function linksOf(html: string, page: URL): readonly string[] {
  return [...html.matchAll(/ (?:href|src|data-live)="([^"#][^"]*)"/g)].map(([, href = '']) => new URL(href.replaceAll('&amp;', '&'), page).href)
}

/** Addresses that differ only in the record they show, or in a filter's value, are of one kind. */
function kindOf(url: URL): string {
  const path = url.pathname
    .replace(/CC-\d+/, 'CC')
    .replace(/^\/(organisations|people|items|threats|mailbox|sources)\/(?!add|new)[^/]+/, '/$1/*')
    .replace(/^\/organisations\/\*\/contacts\/(?!new)[^/]+/, '/organisations/*/contacts/*')
  return `${path}?${[...url.searchParams.keys()].join('&')}`
}
