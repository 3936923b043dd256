import { z, type ZodType } from 'zod'
import about from '../../../package.json' with { type: 'json' }
import { isRecord, type JsonRecord } from '../../kernel/json.ts'
import { isRole, ROLES } from '../../kernel/role.ts'
import { ProblemDetails } from '../../platform/http/problem-details.ts'
import type { Operation, Route } from '../../platform/http/route.ts'
import type { Module } from '../../platform/module.ts'

/** A route that is an operation, with the domain in which it stands. */
export interface Described {
  readonly tag: string
  readonly route: Route
  readonly operation: Operation
}

/** What the description is made from, besides the operations. */
export interface Held {
  /** Permission → the roles that hold it. */
  readonly permissions: Readonly<Record<string, readonly string[]>>
}

const TITLES: Readonly<Record<string, string>> = {
  directory: 'Organisations, people, contacts and technology',
  watch: 'Sources, threats and notifications of incidents',
  broadcast: 'Bulletins, audiences, release, answers and the picture',
  assure: 'Frameworks, reviews, the benchmark, what to spend on, and plans',
  operations: 'Jobs and the audit',
  api: 'The API itself',
  'interop.cap': 'Alerts by CAP',
  'interop.feeds': 'Addresses of feeds',
  'interop.csaf-validation': 'Validating CSAF documents',
}

/** What the operations of a module are about. */
export function titleOf(tag: string): string {
  return TITLES[tag] ?? tag
}

/** Every operation of these modules, in their order. */
export function operationsOf(modules: readonly Pick<Module, 'name' | 'routes'>[]): readonly Described[] {
  return modules.flatMap(({ name, routes }) =>
    routes.flatMap(route => (route.operation === null ? [] : [{ tag: name, route, operation: route.operation }])),
  )
}

/** The roles that hold what the operation needs, by their labels; `null` where nobody in particular is asked for. */
export function holdersOf({ route }: Described, { permissions }: Held): readonly string[] | null {
  if (!('permission' in route.access)) return null
  return (permissions[route.access.permission] ?? []).flatMap(role => (isRole(role) ? [ROLES[role].label] : []))
}

/** The description of the whole API as OpenAPI 3.1, from the very schemas that check bodies, queries and answers. */
export function openApi(described: readonly Described[], held: Held): JsonRecord {
  const schemas = new Map<string, unknown>()
  addSchema(schemas, 'Problem', ProblemDetails, 'output')
  const paths: Record<string, Record<string, unknown>> = {}
  for (const one of described) {
    const path = one.route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [one.route.method.toLowerCase()]: operationObject(one, held, schemas) }
  }
  const tags = [...new Set(described.map(({ tag }) => tag))]
  return {
    openapi: '3.1.1',
    info: {
      title: 'CareCERT',
      version: about.version,
      description: INTRODUCTION,
      license: { name: about.license, identifier: about.license },
    },
    servers: [{ url: '/', description: 'This installation' }],
    tags: tags.map(name => ({ name, description: titleOf(name) })),
    security: SIGNED_IN,
    paths,
    components: {
      schemas: Object.fromEntries(schemas),
      responses: {
        Problem: {
          description: 'It was not done, and `detail` says why and what to do (RFC 9457).',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
      parameters: { IdempotencyKey: IDEMPOTENCY_KEY },
      securitySchemes: SCHEMES,
    },
  }
}

const INTRODUCTION = `What pages can do, programs can do here, with the same permissions.

- **Who asks**: a token, made under *Your account, Tokens*, in \`Authorization: Bearer TOKEN\`, or as the password of HTTP Basic. It acts as its person, in one role, with the scopes chosen.
- **Lists** give \`items\`, the \`total\` of all, and \`next\`: send it as \`cursor\` for the page after. \`null\` ends it.
- **Writing** takes \`Idempotency-Key\`: the same request under the same key within 24 hours does nothing twice, and is answered as before, with \`Idempotency-Replayed: true\`.
- **Errors** are problem details (RFC 9457). \`type\` is stable; \`errors\` names the members that are wrong, by JSON Pointer.
- **Limits**: \`RateLimit\` says how many requests are left in this minute; after 429 wait as \`Retry-After\` says. Where several web processes run, each counts for itself.
- **Within v1** members are added, never taken away or changed in meaning: ignore what you do not know.`

const SIGNED_IN = [{ token: [] }, { basic: [] }, { session: [] }]
const IN_PERSON = [{ session: [] }]

const SCHEMES = {
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'carecert_…', description: 'A token of a person, made under Your account.' },
  basic: { type: 'http', scheme: 'basic', description: 'Any name, and a token as the password: for programs that know nothing else.' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'carecert',
    description:
      'The session of a person who is signed in. To write, the header `x-csrf-token` as well. Behind TLS the cookie is called `__Host-carecert`.',
  },
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Anything of your own that is new for each thing to be done, such as a UUID. With it, sending the same again is safe.',
  schema: { type: 'string', maxLength: 200 },
}

function operationObject(one: Described, held: Held, schemas: Map<string, unknown>): JsonRecord {
  const { route, operation, tag } = one
  const name = operation.id.charAt(0).toUpperCase() + operation.id.slice(1)
  const holders = holdersOf(one, held)
  const needs = 'permission' in route.access ? `Needs \`${route.access.permission}\`, which these hold: ${(holders ?? []).join(', ')}.` : null
  const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')]
  const success = { description: operation.summary, ...contentOf(`${name}Answer`, operation.answer, schemas) }
  return {
    operationId: operation.id,
    summary: operation.summary,
    description: [operation.description, needs, route.personOnly].filter(text => text !== null).join('\n\n'),
    tags: [tag],
    ...('public' in route.access ? { security: [{}, ...SIGNED_IN] } : route.personOnly === null ? {} : { security: IN_PERSON }),
    ...('permission' in route.access ? { 'x-permission': route.access.permission } : {}),
    parameters: route.method === 'GET' ? parameters : [...parameters, { $ref: '#/components/parameters/IdempotencyKey' }],
    ...(operation.body === null
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: addSchema(schemas, `${name}Body`, operation.body, 'input') } },
          },
        }),
    responses: {
      [operation.status]: success,
      ...(operation.repeatStatus === undefined
        ? {}
        : { [operation.repeatStatus]: { ...success, description: 'The same was done before: it is answered as then.' } }),
      default: { $ref: '#/components/responses/Problem' },
    },
  }
}

function contentOf(name: string, answer: Operation['answer'], schemas: Map<string, unknown>): JsonRecord {
  if (answer === null) return {}
  if (isFile(answer)) return { content: { [answer.file]: {} } }
  return { content: { 'application/json': { schema: addSchema(schemas, name, answer, 'output') } } }
}

function isFile(answer: NonNullable<Operation['answer']>): answer is { readonly file: string } {
  return 'file' in answer && typeof answer.file === 'string'
}

/** The members of a schema of params or query, each as a parameter. */
export function parametersOf(schema: ZodType | null, place: 'path' | 'query'): readonly Parameter[] {
  if (schema === null) return []
  const { properties, required } = jsonSchema(schema, 'input')
  if (!isRecord(properties)) return []
  return Object.entries(properties).map(([name, given]) => {
    const { description, ...told } = isRecord(given) ? withoutNull(given) : {}
    // What stands in the path is never left out, so nothing stands in for it.
    const { default: _, ...always } = told
    const shape = place === 'path' ? always : told
    const isRequired = place === 'path' || (Array.isArray(required) && required.includes(name))
    return { name, in: place, required: isRequired, ...(typeof description === 'string' ? { description } : {}), schema: shape }
  })
}

/** An address says nothing by leaving the name out, so of what may be `null` only the other kind is described. */
function withoutNull(schema: JsonRecord): JsonRecord {
  const { anyOf, default: fallback, ...rest } = schema
  const kinds: readonly unknown[] = Array.isArray(anyOf) ? anyOf.filter(kind => isRecord(kind) && kind['type'] !== 'null') : []
  const [only] = kinds
  return {
    ...(kinds.length === 1 && isRecord(only) ? only : Array.isArray(anyOf) ? { anyOf } : {}),
    ...rest,
    ...(fallback === null || fallback === undefined || fallback === '' ? {} : { default: fallback }),
  }
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required: boolean
  readonly description?: string
  readonly schema: JsonRecord
}

/** Puts the schema among the components, with those that it refers to beside it, and gives a reference to it. */
function addSchema(schemas: Map<string, unknown>, name: string, schema: ZodType, io: 'input' | 'output'): JsonRecord {
  const { $defs, ...root } = jsonSchema(schema, io)
  const nameOf = (reference: string) => `#/components/schemas/${reference === '#' ? name : name + reference.replace(/^#\/\$defs\/_*/, '')}`
  for (const [key, value] of isRecord($defs) ? Object.entries($defs) : []) schemas.set(name + key.replace(/^_*/, ''), refer(value, nameOf))
  schemas.set(name, refer(root, nameOf))
  return { $ref: `#/components/schemas/${name}` }
}

function refer(value: unknown, nameOf: (reference: string) => string): unknown {
  if (Array.isArray(value)) return value.map(one => refer(one, nameOf))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, key === '$ref' && typeof one === 'string' ? nameOf(one) : refer(one, nameOf)]),
  )
}

/** The JSON Schema (draft 2020-12) of what a request gives or an answer holds. */
export function jsonSchema(schema: ZodType, io: 'input' | 'output'): JsonRecord {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: out }) => {
      // In an answer more may come, within the same version, so nobody should refuse what they do not know.
      if (io === 'output' && out.additionalProperties === false) delete out.additionalProperties
      // The format says the same, in fewer words.
      if (out.format === 'date-time' || out.format === 'date') delete out.pattern
      // What a query or a body takes in before it is read: text, whatever it is read into.
      if (zodSchema._zod.def.type === 'date') Object.assign(out, { type: 'string', format: 'date-time' })
    },
  })
  return made
}
