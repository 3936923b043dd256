import { z } from 'zod'
import { operation } from '../../platform/http/operation.ts'
import type { Route } from '../../platform/http/route.ts'
import type { Module } from '../../platform/module.ts'
import { getMe } from './me.ts'
import { openApi, operationsOf } from './openapi.ts'

/** What describes the operations of these modules, and its own. */
export function apiRoutes(modules: readonly Module[]): readonly Route[] {
  const permissions = Object.fromEntries(modules.flatMap(module => Object.entries(module.permissions)))
  // Made at the first request, and once: it says the same until the program is another.
  let description: object | null = null
  const own: Route[] = [getMe]
  const described = () => operationsOf([...modules, { name: 'api', routes: own }])

  own.push(
    operation({
      id: 'getOpenApi',
      summary: 'Describe this API, as OpenAPI 3.1',
      page: { none: 'The page of the API shows the same.' },
      method: 'GET',
      path: '/api/v1/openapi.json',
      access: { public: 'What the API looks like is for everybody who writes a program.' },
      answer: z.record(z.string(), z.unknown()),
      handle: async () => (description ??= openApi(described(), { permissions })) as Record<string, unknown>,
    }),
  )
  return own
}
