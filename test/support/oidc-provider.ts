import { once } from 'node:events'
import { createServer } from 'node:http'
import { after } from 'node:test'
import Provider from 'oidc-provider'

/** A real OpenID provider on a loopback port, for as long as the test file runs. */
export interface OutsideProvider {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Who is known there, by the name they sign in with. Change it as a test needs. */
  readonly people: Map<string, { email: string; email_verified: boolean }>
  /**
   * What a browser does there: opens the address that it was sent to, signs in under that name, agrees, and gives the
   * address that it is sent back to.
   */
  signIn(address: string, name: string): Promise<string>
}

export async function startOutsideProvider(redirectUri: string): Promise<OutsideProvider> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const listening = server.address()
  if (listening === null || typeof listening === 'string') throw new Error('The provider has no port.')
  const issuer = `http://127.0.0.1:${listening.port}`
  const people: OutsideProvider['people'] = new Map()
  const [clientId, clientSecret] = ['carecert', 'a secret of the test provider, of no worth']
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    cookies: { keys: ['of no worth'] },
    pkce: { required: () => true },
    findAccount: (_context, sub) => ({ accountId: sub, claims: async () => ({ sub, ...people.get(sub) }) }),
  })
  server.on('request', (request, response) => void provider.callback()(request, response))
  after(() => server.close())
  return { issuer, clientId, clientSecret, people, signIn: (address, name) => signInThere(address, name, redirectUri) }
}

async function signInThere(address: string, name: string, redirectUri: string): Promise<string> {
  const cookies = new Map<string, string>()
  async function ask(url: string, form?: Record<string, string>): Promise<Response> {
    const cookie = [...cookies].map(([key, value]) => `${key}=${value}`).join('; ')
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, key = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(key, value)
    }
    return response
  }
  let url = address
  for (let step = 0; step < 12; step += 1) {
    if (url.startsWith(redirectUri)) return url
    const response = await ask(url)
    const location = response.headers.get('location')
    if (location !== null) {
      url = new URL(location, url).href
      continue
    }
    const page = await response.text()
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1]
    if (prompt === undefined) throw new Error(`The provider showed a page without a form: ${response.status} ${page.slice(0, 300)}`)
    const answer = await ask(url, { prompt, login: name, password: 'of no worth' })
    url = new URL(answer.headers.get('location') ?? '', url).href
  }
  throw new Error('The provider led round in circles.')
}
