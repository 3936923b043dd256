import { after } from 'node:test'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { createWeb } from '../../src/app/web.ts'
import type { DirectoryTables } from '../../src/domains/directory/tables.ts'
import { nameKey } from '../../src/kernel/name-key.ts'
import { ROLES, type Role, type RoleLevel } from '../../src/kernel/role.ts'
import { startSession } from '../../src/platform/auth/sessions.ts'
import type { AuthTables } from '../../src/platform/auth/tables.ts'
import { SYSTEM } from '../../src/platform/work/actor.ts'
import { runWork, type Work } from '../../src/platform/work/work.ts'
import { createTestPlatform, type TestPlatform, type TestPlatformOptions } from './platform.ts'

/** The whole product in this process, on a real database, asked without a network. */
export interface TestApp {
  readonly platform: TestPlatform
  readonly server: FastifyInstance
  /** A browser with nobody signed in. */
  readonly visitor: Browser
  /** Another such browser, at that network address. */
  newVisitor(remoteAddress?: string): Browser
  /** A browser in which somebody new with this role is signed in, at that organisation (an ODS code) or at one made up for the role. */
  signIn(role: Role, options?: { organisation?: string; name?: string; remoteAddress?: string }): Promise<SignedIn>
}

export interface SignedIn extends Browser {
  readonly personId: string
  readonly organisationId: string
}

/** What one browser does: it keeps cookies, and sends with a form the token of the last page that had one. */
export interface Browser {
  get(url: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  /** Sends a form as a page of ours would. Opens `from` first, where given, for its token. */
  post(
    url: string,
    form: Readonly<Record<string, string | readonly string[]>>,
    options?: { from?: string; headers?: Record<string, string> },
  ): Promise<LightMyRequestResponse>
  /** The same with files, by the names of their fields. */
  upload(
    url: string,
    form: Readonly<Record<string, string | readonly string[]>>,
    files: Readonly<Record<string, { name: string; bytes: Uint8Array<ArrayBuffer> | string }>>,
    options?: { from?: string },
  ): Promise<LightMyRequestResponse>
  /** The value of a cookie that it keeps. */
  cookie(name: string): string | undefined
  /** Puts a cookie there, as an attacker would. */
  setCookie(name: string, value: string): void
  /** Follows the redirect of an answer. */
  follow(response: LightMyRequestResponse): Promise<LightMyRequestResponse>
}

const HOME_TYPE: Readonly<Record<RoleLevel, string>> = { centre: 'centre', region: 'region', partner: 'support-unit', organisation: 'trust' }

export async function createTestApp(options: TestPlatformOptions = {}): Promise<TestApp> {
  const platform = await createTestPlatform(options)
  const server = await createWeb(platform, platform.staticFiles)
  await server.ready()
  after(() => server.close())
  return {
    platform,
    server,
    visitor: browser(server, new Map()),
    newVisitor: remoteAddress => browser(server, new Map(), remoteAddress),
    async signIn(role, who = {}) {
      const signedIn = await runWork<DirectoryTables & AuthTables, { cookie: string; personId: string; organisationId: string }>(
        platform,
        SYSTEM,
        async work => {
          const organisationId = await organisationFor(work, role, who.organisation)
          const personId = work.newId('person')
          const assignmentId = work.newId('assignment')
          await work.db
            .insertInto('directory_person')
            .values({
              id: personId,
              name: who.name ?? ROLES[role].label,
              email: `${personId}@test.invalid`,
              phone: null,
              out_of_hours_phone: null,
              created_at: work.now,
              left_at: null,
            })
            .execute()
          await work.db
            .insertInto('directory_assignment')
            .values({ id: assignmentId, person_id: personId, organisation_id: organisationId, role, since: work.now, until: null })
            .execute()
          const cookie = await startSession(work.lend<AuthTables>(), { personId, assignmentId, how: 'passkey', replaces: null })
          return { cookie, personId, organisationId }
        },
      )
      const cookies = new Map([['carecert', signedIn.cookie]])
      return { ...browser(server, cookies, who.remoteAddress), personId: signedIn.personId, organisationId: signedIn.organisationId }
    },
  }
}

async function organisationFor(work: Work<DirectoryTables>, role: Role, code: string | undefined): Promise<string> {
  const type = HOME_TYPE[ROLES[role].level]
  const wanted = code ?? `TEST-${type}`.toUpperCase()
  const found = await work.db.selectFrom('directory_organisation').select('id').where('code', '=', wanted).executeTakeFirst()
  if (found !== undefined) return found.id
  const id = work.newId('organisation')
  const name = `Test ${type} ${wanted}`
  await work.db
    .insertInto('directory_organisation')
    .values({
      id,
      code: wanted,
      name,
      name_key: nameKey(name),
      type,
      country: 'England',
      region_code: null,
      board_code: null,
      parent_code: null,
      address: '[]',
      postcode: null,
      phone: null,
      opened_on: null,
      closed_on: null,
      status: 'open',
      size: null,
      source: 'test',
      created_at: work.now,
      updated_at: work.now,
    })
    .execute()
  return id
}

function browser(server: FastifyInstance, cookies: Map<string, string>, remoteAddress = '127.0.0.1'): Browser {
  let token = ''
  async function ask(options: InjectOptions): Promise<LightMyRequestResponse> {
    const response = await server.inject({ ...options, remoteAddress, cookies: Object.fromEntries(cookies) })
    for (const cookie of response.cookies) {
      if (cookie.value === '' || cookie.maxAge === 0) cookies.delete(cookie.name)
      else cookies.set(cookie.name, cookie.value)
    }
    token = /name="_csrf" value="([^"]+)"/.exec(response.body)?.[1] ?? token
    return response
  }
  const get: Browser['get'] = (url, headers = {}) => ask({ method: 'GET', url, headers })
  return {
    get,
    cookie: name => cookies.get(name),
    setCookie: (name, value) => void cookies.set(name, value),
    async post(url, form, options = {}) {
      if (options.from !== undefined) await get(options.from)
      const fields = new URLSearchParams()
      if (token !== '') fields.set('_csrf', token)
      for (const [name, value] of Object.entries(form)) for (const one of [value].flat()) fields.append(name, one)
      return ask({
        method: 'POST',
        url,
        payload: fields.toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', ...options.headers },
      })
    },
    async upload(url, form, files, options = {}) {
      if (options.from !== undefined) await get(options.from)
      const fields = new FormData()
      if (token !== '') fields.set('_csrf', token)
      for (const [name, value] of Object.entries(form)) for (const one of [value].flat()) fields.append(name, one)
      for (const [name, file] of Object.entries(files)) fields.set(name, new Blob([file.bytes]), file.name)
      const sent = new Response(fields)
      const payload = Buffer.from(await sent.arrayBuffer())
      return ask({
        method: 'POST',
        url,
        payload,
        headers: { 'content-type': sent.headers.get('content-type') ?? '', 'sec-fetch-site': 'same-origin' },
      })
    },
    follow: response => get(String(response.headers.location)),
  }
}
