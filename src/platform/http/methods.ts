import type { Route } from './route.ts'

/** There is such an address, and it takes other methods (RFC 9110 §15.5.6). */
export class WrongMethod extends Error {
  readonly statusCode = 405
}

/** Which methods an address of these routes takes, for the header `Allow`; none where there is no such address. */
export function methodsOf(routes: readonly Pick<Route, 'method' | 'path'>[]): (path: string) => readonly string[] {
  const known = routes.map(({ method, path }) => ({ method, form: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}/?$`) }))
  return path => {
    const methods = new Set(known.flatMap(({ method, form }) => (form.test(path) ? [method] : [])))
    return methods.has('GET') ? ['GET', 'HEAD', ...(methods.has('POST') ? ['POST'] : [])] : [...methods]
  }
}
