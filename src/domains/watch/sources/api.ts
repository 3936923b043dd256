import { z } from 'zod'
import { InvalidParts } from '../../../kernel/errors.ts'
import type { Instant } from '../../../kernel/instant.ts'
import type { Result } from '../../../kernel/problem.ts'
import { instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route, RouteRequest } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { addSource, changeSource, setEnabled, startAnew } from './commands.ts'
import { newSourceBody, readChangesBody, readSourceBody, sourceChangesBody } from './fields.ts'
import { healthOf, HEALTHS } from './model.ts'
import type { SourceRow } from './queries.ts'
import { pageOfSources } from './queries/list.ts'
import { askedSource, changeable, credentialsOf, filterOf, folderProblems, params, sourcesQuery } from './routes.ts'

const view = { permission: 'watch.source.view' }
const change = { permission: 'watch.source.change' }
const PATH = '/api/v1/sources'

const Source = z.object({
  code: z.string(),
  name: z.string(),
  format: z.string(),
  url: z.string().nullable(),
  health: z.enum(HEALTHS),
  isGathered: z.boolean(),
  everyMinutes: z.int(),
  nextAt: instant.nullable(),
  lastAttemptAt: instant.nullable(),
  lastSuccessAt: instant.nullable(),
  failingSince: instant.nullable(),
  failures: z.int(),
  failure: z.string().nullable(),
  opensThreats: z.boolean(),
  items: z.int(),
  inQuarantine: z.int(),
})

function sourceAnswer(source: SourceRow, now: Instant) {
  return { ...source, health: healthOf(source, now), isGathered: source.enabled, inQuarantine: source.openQuarantine }
}

const list = listOperation({
  id: 'listSources',
  summary: 'List sources',
  description: 'Those that need somebody first. `nextAt` is when the clock asks one next, `null` for at once.',
  page: 'GET /sources',
  path: PATH,
  access: view,
  query: filtersOf(sourcesQuery),
  item: Source,
  async list(db: Reader<Visible>, page, { query, now }) {
    const { rows, ...rest } = await pageOfSources(db, filterOf(query), query.sort, now, page)
    return { ...rest, rows: rows.map(row => sourceAnswer(row, now)) }
  },
})

const show = operation({
  id: 'showSource',
  summary: 'Show a source',
  description: '`signsInWith` names the headers that the operator gave it, never their values.',
  page: 'GET /sources/:code',
  method: 'GET',
  path: `${PATH}/:code`,
  access: view,
  params,
  answer: Source.extend({ settings: z.record(z.string(), z.unknown()), remarks: z.array(z.string()), signsInWith: z.array(z.string()) }),
  async read(db: Reader<Visible>, { params: { code }, platform, now }) {
    const source = await askedSource(db, code)
    return {
      ...sourceAnswer(source, now),
      settings: source.settings,
      remarks: [...source.remarks],
      signsInWith: [...credentialsOf(platform, code)],
    }
  },
})

const add = operation({
  id: 'addSource',
  summary: 'Add a source',
  page: 'POST /sources/add',
  method: 'POST',
  path: PATH,
  access: change,
  body: newSourceBody,
  answer: z.object({ code: z.string() }),
  status: 201,
  async write(work: Work<Visible>, { body, platform }) {
    const source = valueOf(readSourceBody(body))
    await assertFolder(platform, source.format, source.url)
    return { code: (await addSource(work, source)).code }
  },
})

const changeOne = operation({
  id: 'changeSource',
  summary: 'Change a source',
  description:
    'The body is all that can be chosen for it: what it leaves out is what is usual. Under another address it is gathered from the beginning.',
  page: 'POST /sources/:code/change',
  method: 'POST',
  path: `${PATH}/:code/change`,
  access: change,
  params,
  body: sourceChangesBody,
  answer: null,
  async write(work: Work<Visible>, { params: { code }, body, platform }) {
    const { format } = await changeable(work.db, code)
    const changes = valueOf(readChangesBody(body, format))
    await assertFolder(platform, format, changes.url)
    await changeSource(work, code, changes)
  },
})

function valueOf<T>(read: Result<T>): T {
  if (read.ok) return read.value
  throw new InvalidParts('watch.source.fields', read.problems)
}

async function assertFolder(platform: RouteRequest['platform'], format: string, url: string | null): Promise<void> {
  const problems = await folderProblems({ platform }, format, url)
  if (problems.length > 0) throw new InvalidParts('watch.source.folder', problems)
}

function step(
  word: 'stop' | 'start' | 'start-anew',
  words: { readonly id: string; readonly summary: string },
  command: (work: Work<Visible>, code: string) => Promise<void>,
): Route {
  return operation({
    ...words,
    page: `POST /sources/:code/${word}`,
    method: 'POST',
    path: `${PATH}/:code/${word}`,
    access: change,
    params,
    answer: null,
    write: (work: Work<Visible>, { params: { code } }) => command(work, code),
  })
}

export const sourceOperations: readonly Route[] = [
  list,
  show,
  add,
  changeOne,
  step('stop', { id: 'stopSource', summary: 'Stop gathering a source by the clock' }, (work, code) => setEnabled(work, code, false)),
  step('start', { id: 'startSource', summary: 'Gather a source by the clock again' }, (work, code) => setEnabled(work, code, true)),
  step('start-anew', { id: 'startSourceAnew', summary: 'Look at everything of a source anew' }, startAnew),
]
