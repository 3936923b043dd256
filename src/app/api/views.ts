import type { ZodType } from 'zod'
import { isRecord, type JsonRecord } from '../../kernel/json.ts'
import { withQuery } from '../../ui/links.ts'
import type { TableModel } from '../../ui/models.ts'
import { holdersOf, jsonSchema, parametersOf, titleOf, type Described, type Held, type Parameter } from './openapi.ts'

export const API_PAGE = '/api'

function hrefOf({ operation }: Described): string {
  return `${API_PAGE}/operations/${operation.id}`
}

/** Who may, in words. */
function needs(one: Described, held: Held): string {
  const { access } = one.route
  if ('public' in access) return 'Anyone'
  if ('signedIn' in access) return 'Anyone with a token'
  return (holdersOf(one, held) ?? []).join(', ')
}

export interface ApiQuery {
  readonly q: string
  readonly group: string
}

/** The groups with how many operations each has, and the operations of the group chosen or the words searched for. */
export function listModel(described: readonly Described[], held: Held, { q, group }: ApiQuery) {
  const tags = [...new Set(described.map(({ tag }) => tag))]
  const words = q.toLowerCase().split(/\s+/)
  const textOf = ({ operation, route }: Described) => `${operation.id} ${operation.summary} ${route.path}`.toLowerCase()
  const isAsked = q !== '' || group !== ''
  const found = described.filter(one => isAsked && (group === '' || one.tag === group) && words.every(word => textOf(one).includes(word)))
  return {
    isAsked,
    total: found.length,
    filters: {
      action: API_PAGE,
      search: { label: 'Search the API', value: q, hint: 'Words, or part of an address' },
      selects: [
        {
          name: 'group',
          label: 'Part',
          value: group,
          options: [{ value: '', text: 'All' }, ...tags.map(tag => ({ value: tag, text: titleOf(tag) }))],
        },
      ],
      checkboxes: [],
      clearHref: isAsked ? API_PAGE : undefined,
    },
    groups: {
      caption: 'Its parts',
      captionSize: 'm',
      head: [{ text: 'Part' }, { text: 'Operations', format: 'numeric' }],
      rows: tags.map(tag => [{ text: titleOf(tag), href: withQuery(API_PAGE, { group: tag }) }, described.filter(one => one.tag === tag).length]),
    } satisfies TableModel,
    table: {
      caption: 'Operations',
      captionHidden: true,
      head: [{ text: 'What it does' }, { text: 'Address' }, { text: 'Needs' }],
      rows: found.map(one => [
        { text: one.operation.summary, href: hrefOf(one) },
        `${one.route.method} ${one.route.path}`,
        'permission' in one.route.access ? one.route.access.permission : needs(one, held),
      ]),
    } satisfies TableModel,
  }
}

/** One operation: what it takes, what it answers, a line to try it, and what its form needs. */
export function operationModel(one: Described, held: Held, baseUrl: string) {
  const { route, operation } = one
  const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')]
  const body = operation.body === null ? null : exampleOf(jsonSchema(operation.body, 'input'))
  const { answer } = operation
  return {
    summary: operation.summary,
    description: operation.description ?? '',
    method: route.method,
    path: route.path,
    needs: needs(one, held),
    permission: 'permission' in route.access ? route.access.permission : null,
    why: route.personOnly,
    page: typeof operation.page === 'string' ? operation.page : null,
    parameters: parameters.map(parameter => ({ ...parameter, hint: hintOf(parameter) })),
    table: parameters.length === 0 ? null : parameterTable(parameters),
    body: body === null ? null : JSON.stringify(body, null, 2),
    bodySchema: operation.body === null ? null : schemaText(operation.body, 'input'),
    answerSchema: answer === null || 'file' in answer ? null : schemaText(answer, 'output'),
    answerWords: answer === null ? 'Nothing: 204 says that it is done.' : 'file' in answer ? `A file (${answer.file}).` : null,
    status: operation.status,
    curl: curlOf(one, baseUrl, body),
    listHref: API_PAGE,
  }
}

function schemaText(schema: ZodType, io: 'input' | 'output'): string {
  return JSON.stringify(jsonSchema(schema, io), null, 2)
}

function parameterTable(parameters: readonly Parameter[]): TableModel {
  return {
    caption: 'Parameters',
    captionSize: 's',
    head: [{ text: 'Name' }, { text: 'Where' }, { text: 'What' }],
    rows: parameters.map(parameter => [
      parameter.name,
      parameter.in === 'path' ? 'In the path' : parameter.required ? 'In the query, always' : 'In the query, if wanted',
      hintOf(parameter) || null,
    ]),
  }
}

/** A text is what everything in an address is, so nothing is said of it. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['integer', 'A whole number'],
  ['number', 'A number'],
  ['boolean', 'true or false'],
  ['array', 'One or more'],
])

/** What may be given, in a few words, from its schema. */
function hintOf({ description, schema }: Parameter): string {
  const choices = Array.isArray(schema['enum']) ? `One of: ${schema['enum'].filter(choice => choice !== '').join(', ')}` : null
  const kind = typeof schema['type'] === 'string' ? KINDS.get(schema['type']) : null
  const format = typeof schema['format'] === 'string' ? `As ${schema['format']}` : null
  const fallback =
    ['string', 'number', 'boolean'].includes(typeof schema['default']) && schema['default'] !== '' ? `Otherwise ${String(schema['default'])}` : null
  return [description, choices, kind, format, fallback].filter(text => text !== null && text !== undefined).join('. ')
}

function curlOf({ route, operation }: Described, baseUrl: string, body: unknown): string {
  const lines = [
    `curl${route.method === 'GET' ? '' : ` -X ${route.method}`} '${baseUrl}${route.path.replaceAll(/:(\w+)/g, (_, name: string) => name.toUpperCase())}'`,
  ]
  if (!('public' in route.access)) lines.push(`-H "Authorization: Bearer $CARECERT_TOKEN"`)
  if (route.method !== 'GET') lines.push(`-H "Idempotency-Key: $(uuidgen)"`)
  if (operation.body !== null) lines.push(`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`)
  return lines.join(' \\\n  ')
}

const DEEPEST = 6

/** A body of the schema's shape to begin from: each member that must be there, with a value of its kind. */
function exampleOf(schema: unknown, depth = 0, name = ''): unknown {
  if (!isRecord(schema) || depth > DEEPEST) return null
  if ('default' in schema) return schema['default']
  if ('const' in schema) return schema['const']
  const [choice] = listOf(schema, 'enum')
  if (choice !== undefined) return choice
  const [first] = [...listOf(schema, 'anyOf'), ...listOf(schema, 'oneOf'), ...listOf(schema, 'allOf')]
  if (first !== undefined) return exampleOf(first, depth + 1, name)
  const kind = schema['type']
  if (kind === 'object') return exampleObject(schema, depth)
  if (kind === 'array') return typeof schema['minItems'] === 'number' && schema['minItems'] > 0 ? [exampleOf(schema['items'], depth + 1)] : []
  if (kind === 'boolean') return false
  if (kind === 'integer' || kind === 'number') return leastOf(schema)
  return kind === 'string' ? exampleText(schema, name) : null
}

function leastOf({ minimum, exclusiveMinimum }: JsonRecord): number {
  if (typeof exclusiveMinimum === 'number') return exclusiveMinimum + 1
  return typeof minimum === 'number' ? minimum : 0
}

/** A text by its format, or by the name of the member, where what it must look like is no part of its schema. */
const TEXTS: ReadonlyMap<unknown, string> = new Map([
  ['date', '2027-03-27'],
  ['date-time', '2027-03-27T09:00:00Z'],
  ['email', 'somebody@example.org'],
  ['uri', 'https://example.org/'],
  ['uuid', '2f1b1c1e-6a52-4f0e-9a7e-3c1f0b8f5d21'],
  ['bulletin', 'CC-5001'],
  ['by', 'CC-5001'],
  ['day', '2027-03-27'],
  ['asOf', '2026-11-01'],
  ['effectiveFrom', '2027-03-27'],
  ['hash', '0'.repeat(64)],
  ['audienceHash', '0'.repeat(64)],
])

function exampleText({ format }: JsonRecord, name: string): string {
  return TEXTS.get(format) ?? TEXTS.get(name) ?? 'words'
}

function exampleObject(schema: JsonRecord, depth: number): unknown {
  const properties = isRecord(schema['properties']) ? schema['properties'] : {}
  const required = listOf(schema, 'required')
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => required.includes(name))
      .map(([name, one]) => [name, exampleOf(one, depth + 1, name)]),
  )
}

function listOf(schema: JsonRecord, name: string): readonly unknown[] {
  const value = schema[name]
  return Array.isArray(value) ? value : []
}
