import { z } from 'zod'
import { NotFound } from '../../kernel/errors.ts'
import { searchText } from '../../platform/http/list-address.ts'
import { operation } from '../../platform/http/operation.ts'
import { page } from '../../platform/http/reply.ts'
import { route, type Route } from '../../platform/http/route.ts'
import type { Module } from '../../platform/module.ts'
import { getMe } from './me.ts'
import { openApi, operationsOf } from './openapi.ts'
import { API_PAGE, listModel, operationModel } from './views.ts'

const ANYBODY = { public: 'What the API looks like is for everybody who writes a program.' }

/** What describes the operations of these modules, and its own. */
export function apiRoutes(modules: readonly Module[]): readonly Route[] {
  const held = { permissions: Object.fromEntries(modules.flatMap(module => Object.entries(module.permissions))) }
  // Made at the first request, and once: it says the same until the program is another.
  let description: object | null = null
  const describe = () => (description ??= openApi(described(), held)) as Record<string, unknown>
  const described = () => operationsOf([...modules, { name: 'api', routes: own }])

  const document = operation({
    id: 'getOpenApi',
    summary: 'Describe this API, as OpenAPI 3.1',
    page: `GET ${API_PAGE}`,
    method: 'GET',
    path: '/api/v1/openapi.json',
    access: ANYBODY,
    answer: z.record(z.string(), z.unknown()),
    handle: async () => describe(),
  })

  const list = route({
    method: 'GET',
    path: API_PAGE,
    access: ANYBODY,
    isMachine: false,
    query: z.object({ q: searchText, group: z.string().max(40).catch('').default('') }),
    handle: async ({ query }) => page('api/list.njk', 'The API', listModel(described(), held, query)),
  })

  const one = route({
    method: 'GET',
    path: `${API_PAGE}/operations/:id`,
    access: ANYBODY,
    isMachine: false,
    params: z.object({ id: z.string().max(60) }),
    async handle({ params, platform }) {
      const found = described().find(({ operation: { id } }) => id === params.id)
      if (found === undefined) throw new NotFound('api.operation.unknown', 'There is no operation of that name. Look at the list of the API.')
      return page('api/operation.njk', found.operation.summary, operationModel(found, held, platform.config.baseUrl))
    },
  })

  const own: readonly Route[] = [getMe, document, list, one]
  return own
}
