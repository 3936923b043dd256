import assert from 'node:assert/strict'
import type { SignedIn, TestApp } from './app.ts'

type Row = Readonly<Record<string, unknown>>

/** What an operation of the JSON API answered. */
export interface Answered {
  readonly status: number
  readonly body: Row
  /** What stands at a place such as `items.0.name`; `undefined` where there is no such place. */
  at(place: string): unknown
  /** The text at a place. */
  text(place: string): string
  /** The members of the list at a place. */
  list(place: string): readonly Row[]
}

function answered(status: number, body: Row): Answered {
  const at = (place: string): unknown =>
    place.split('.').reduce<unknown>((part, name) => (typeof part === 'object' && part !== null ? Reflect.get(part, name) : undefined), body)
  return {
    status,
    body,
    at,
    text(place) {
      const found = at(place)
      assert.ok(typeof found === 'string', `${place}: ${JSON.stringify(body)}`)
      return found
    },
    list(place) {
      const found = at(place)
      assert.ok(Array.isArray(found), `${place}: ${JSON.stringify(body)}`)
      return found as Row[]
    },
  }
}

/** A program that asks the JSON API by the session of a person. */
export interface Program {
  readonly who: SignedIn
  get(path: string): Promise<Answered>
  post(path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<Answered>
  /** Every item of a list, page by page of that many, each of which must be there once. */
  all(path: string, limit: number): Promise<readonly Row[]>
}

/** The program of somebody new with this role (`app.signIn`). Paths are those behind `/api/v1`. */
export async function programOf(app: TestApp, ...who: Parameters<TestApp['signIn']>): Promise<Program> {
  const person = await app.signIn(...who)
  const csrf = /name="_csrf" value="([^"]+)"/.exec((await person.get('/account')).body)?.[1] ?? ''
  const ask = async (method: 'GET' | 'POST', path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<Answered> => {
    const response = await app.server.inject({
      method,
      url: `/api/v1${path}`,
      cookies: { carecert: person.cookie('carecert') ?? '' },
      headers: { 'x-csrf-token': csrf, 'sec-fetch-site': 'same-origin', ...headers },
      ...(body === undefined ? {} : { payload: body }),
    })
    return answered(response.statusCode, response.body === '' ? {} : response.json<Row>())
  }
  return {
    who: person,
    get: path => ask('GET', path),
    post: (path, body, headers) => ask('POST', path, body, headers),
    async all(path, limit) {
      const items: Row[] = []
      let cursor: string | null = null
      do {
        const from: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
        const answer = await ask('GET', `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${from}`)
        assert.equal(answer.status, 200, JSON.stringify(answer.body))
        const [rows, next, total] = [answer.list('items'), answer.at('next'), Number(answer.at('total'))]
        assert.ok(rows.length <= limit)
        items.push(...rows)
        assert.ok(items.length <= total, `${path}: more than ${total}`)
        cursor = typeof next === 'string' ? next : null
        if (cursor === null) assert.equal(items.length, total, path)
      } while (cursor !== null)
      const seen = new Set(items.map(item => JSON.stringify(item)))
      assert.equal(seen.size, items.length, `${path}: an item came twice`)
      return items
    },
  }
}

/** The pointers of what was refused, of an answer that must be 422. */
export function pointersOf({ status, body, list }: Answered): readonly unknown[] {
  assert.equal(status, 422, JSON.stringify(body))
  return list('errors').map(error => error['pointer'])
}
