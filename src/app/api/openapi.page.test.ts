import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { createTestApp } from '../../../test/support/app.ts'
import { isRecord, listAt, memberOf } from '../../kernel/json.ts'
import { MODULES, ROUTES } from '../modules.ts'
import { operationsOf } from './openapi.ts'
import { operationModel } from './views.ts'

const app = await createTestApp()
const answer = await app.visitor.get('/api/v1/openapi.json')

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string; readonly security?: readonly object[] }>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}
const document = answer.json<Document>()

test('everybody may read the description, and it is valid OpenAPI 3.1', async () => {
  assert.equal(answer.statusCode, 200)
  assert.match(document.openapi, /^3\.1\./)
  const { valid, errors } = await new Validator().validate(JSON.parse(answer.body) as Record<string, unknown>)
  assert.ok(valid, JSON.stringify(errors))
})

test('every operation is in it, and nothing else', () => {
  const described = Object.values(document.paths).flatMap(path => Object.values(path).map(({ operationId }) => operationId))
  assert.deepEqual(described.toSorted(), ROUTES.flatMap(({ operation }) => (operation === null ? [] : [operation.id])).toSorted())
})

test('every reference leads to something', () => {
  const references = new Set<string>()
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) walk(one)
    if (!isRecord(value)) return
    if (typeof value['$ref'] === 'string') references.add(value['$ref'])
    for (const one of Object.values(value)) walk(one)
  }
  walk(document)
  assert.ok(references.size > 2)
  for (const reference of references) {
    let found: unknown = document
    for (const step of reference.slice('#/'.length).split('/')) found = isRecord(found) ? found[step] : undefined
    assert.ok(found !== undefined, reference)
  }
})

test('every status of success is said, that of a repeat too, and nothing stands in for what is in a path', () => {
  const responses = (path: string) => Object.keys(memberOf(memberOf(document.paths[path], 'post'), 'responses') ?? {})
  assert.deepEqual(responses('/api/v1/bulletins/{number}/responses'), ['200', '201', 'default'])
  assert.deepEqual(responses('/api/v1/incident-notifications'), ['200', '201', 'default'])
  for (const [path, methods] of Object.entries(document.paths))
    for (const one of Object.values(methods))
      for (const parameter of listAt(one, 'parameters'))
        if (memberOf(parameter, 'in') === 'path') assert.equal(memberOf(memberOf(parameter, 'schema'), 'default'), undefined, path)
})

test('a schema says what a body must hold, from the very schema that checks it', () => {
  const body = document.components.schemas['SetAudienceBody']
  assert.ok(isRecord(body), Object.keys(document.components.schemas).join(' '))
  assert.equal(body['additionalProperties'], false)
})

test('every part of the API has a name for people', () => {
  const { tags } = answer.json<{ tags: readonly { name: string; description: string }[] }>()
  assert.deepEqual(
    tags.filter(({ name, description }) => name === description),
    [],
  )
})

/** What must be there besides hangs on other members, or on what was read before: a schema cannot say it. */
const HANGS_ON_MORE = [
  'addContact',
  'changeContact',
  'reportIncident',
  'addTemplate',
  'saveTemplateVersion',
  'importFrameworks',
  'setFrameworkProfile',
]

test('the line to copy holds a body that its operation takes', () => {
  const refused = operationsOf(MODULES).flatMap(one => {
    const { body } = operationModel(one, { permissions: {} }, 'https://carecert.example')
    return one.operation.body === null || one.operation.body.safeParse(JSON.parse(body ?? 'null')).success ? [] : [one.operation.id]
  })
  assert.deepEqual(refused.toSorted(), HANGS_ON_MORE.toSorted())
})

test('the page of the API leads everybody to every operation, and each has a page that says how', async () => {
  const front = await app.visitor.get('/api')
  assert.equal(front.statusCode, 200)
  const groups = [...front.body.matchAll(/href="(\/api\?group=[\w.-]+)"/g)].map(([, href]) => String(href))
  const lists = await Promise.all(groups.map(async href => (await app.visitor.get(href)).body))
  for (const { operation } of ROUTES) if (operation !== null) assert.ok(lists.join('').includes(`/api/operations/${operation.id}"`), operation.id)
  assert.match((await app.visitor.get('/api?q=audience')).body, /setAudience/)
  assert.match((await app.visitor.get('/api?q=nothing-like-it')).body, /No operation matches/)
  const one = await app.visitor.get('/api/operations/setAudience')
  assert.match(one.body, /curl -X POST/)
  assert.match(one.body, /broadcast\.audience\.edit/)
  assert.match(one.body, /data-api-try/)
  const list = (await app.visitor.get('/api/operations/listBulletins')).body
  assert.match(list, /One of: draft, in-review/, 'what may be left out is not named as a choice')
  assert.match(list, /A whole number/)
  assert.equal((await app.visitor.get('/api/operations/nothing')).statusCode, 404)
})

test('every operation has a page that can be made', async () => {
  for (const { operation } of ROUTES) {
    if (operation === null) continue
    const answer = await app.newVisitor(`127.9.0.${operation.id.length}`).get(`/api/operations/${operation.id}`)
    assert.equal(answer.statusCode, 200, operation.id)
  }
})
