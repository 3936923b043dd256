import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { FrameworkFile } from '../../../kernel/framework.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem, Result } from '../../../kernel/problem.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { cursorText, searchText } from '../../../platform/http/list-address.ts'
import { csv, page, redirect } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { setProfile, takeFrameworks, type Taken } from './commands.ts'
import { importForm, typedProfile } from './fields.ts'
import { named } from './identity.ts'
import { frameworkDetail, type FrameworkDetail } from './queries/detail.ts'
import { FRAMEWORK_SORTS, pageOfFrameworks, type FrameworkFilter, type FrameworkRow } from './queries/list.ts'
import { LARGEST_UPLOAD_BYTES, readFrameworkFile } from './taking/read-file.ts'
import { detailModel, frameworkAddress, frameworkLine, FRAMEWORKS_HEAD, importModel, listModel, profileModel } from './views.ts'
import { withdrawFramework } from './withdrawal/commands.ts'

const view = { permission: 'assure.framework.view' } as const
const take = { permission: 'assure.framework.import' } as const
const VIEWS = 'assure/frameworks/views'
const PAGE_ROWS = 50
const CSV_ROWS = 500

export const frameworkParams = z.object({ code: z.string().max(60), version: z.string().max(30) })
export const frameworksQuery = z.object({
  q: searchText,
  subject: z.enum(['organisation', 'service']).nullable().catch(null),
  sort: z.enum(FRAMEWORK_SORTS).catch('name'),
  cursor: cursorText,
})

export function filterOf({ q, subject }: Pick<z.infer<typeof frameworksQuery>, 'q' | 'subject'>): FrameworkFilter {
  return { search: q, subject }
}

const list = route({
  method: 'GET',
  path: '/frameworks',
  access: view,
  query: frameworksQuery,
  async handle({ query, read, actor }) {
    const { sort, cursor } = query
    const filter = filterOf(query)
    const found = await read<Visible, Page<FrameworkRow>>(db => pageOfFrameworks(db, filter, sort, { limit: PAGE_ROWS, cursor }))
    return page(`${VIEWS}/list.njk`, 'Frameworks', { ...listModel(found, filter, sort, cursor), mayImport: may(actor, take.permission) })
  },
})

const listCsv = route({
  method: 'GET',
  path: '/frameworks.csv',
  access: view,
  query: frameworksQuery,
  async handle({ query, read }) {
    const part = (cursor: string | null) =>
      read<Visible, Page<FrameworkRow>>(db => pageOfFrameworks(db, filterOf(query), query.sort, { limit: CSV_ROWS, cursor }))
    return csv('frameworks.csv', csvPages(FRAMEWORKS_HEAD, frameworkLine, part))
  },
})

const show = route({
  method: 'GET',
  path: '/frameworks/:code/:version',
  access: view,
  params: frameworkParams,
  async handle({ params, read, actor }) {
    const detail = await read<Visible, FrameworkDetail>(db => askedFramework(db, params))
    const rights = { maySetProfile: may(actor, 'assure.profile.set'), mayImport: may(actor, take.permission) }
    return page(`${VIEWS}/show.njk`, detail.framework.name, detailModel(detail, rights))
  },
})

/** The framework of that address. Throws `NotFound` where there is none. */
export async function askedFramework(db: Reader<Visible>, { code, version }: z.infer<typeof frameworkParams>): Promise<FrameworkDetail> {
  const detail = await frameworkDetail(db, code, version)
  if (detail === undefined) throw new NotFound('assure.framework.unknown', 'There is no such framework. The list of frameworks names them.')
  return detail
}

/** What a file holds, under the code and version that were said beside it. */
export async function fileUnder(
  bytes: Uint8Array,
  override: { readonly code?: string | undefined; readonly version?: string | undefined },
): Promise<Result<FrameworkFile>> {
  const read = await readFrameworkFile(bytes)
  if (!read.ok) return read
  const said = { code: override.code || undefined, version: override.version || undefined }
  return { ...read, value: { ...read.value, frameworks: read.value.frameworks.map(framework => named(framework, said)) } }
}

function importPage(
  typed: Readonly<Record<string, unknown>>,
  problems: readonly Problem[],
  taken: readonly Taken[] | null = null,
  notes: readonly string[] = [],
) {
  return page(`${VIEWS}/import.njk`, 'Import a framework', importModel(typed, problems, taken, notes), { problems })
}

const showImport = route({ method: 'GET', path: '/frameworks/import', access: take, handle: async () => importPage({}, []) })

const importOne = route({
  method: 'POST',
  path: '/frameworks/import',
  access: take,
  largestFile: LARGEST_UPLOAD_BYTES,
  perMinute: 30,
  async handle({ body, files, work }) {
    const form = readForm(importForm, body)
    if (!form.ok) return importPage(body, form.problems)
    const file = files.get('file')
    if (file === undefined) return importPage(body, [{ rule: 'form.field', pointer: 'file', severity: 'error', message: 'Choose a file' }])
    const read = await fileUnder(file.bytes, form.value)
    if (!read.ok)
      return importPage(
        body,
        read.problems.map(problem => ({ ...problem, pointer: 'file' })),
      )
    try {
      const { frameworks, profiles, crosswalks, others } = read.value
      const isNothing = frameworks.length + profiles.length + crosswalks.length === 0
      return importPage({}, [], isNothing ? [] : await work<Visible, readonly Taken[]>(unit => takeFrameworks(unit, read.value)), others)
    } catch (error) {
      return importPage(body, [refusalOf(error, 'file')])
    }
  },
})

const showProfile = route({
  method: 'GET',
  path: '/frameworks/:code/:version/profiles/add',
  access: { permission: 'assure.profile.set' },
  params: frameworkParams,
  async handle({ params, read }) {
    const detail = await read<Visible, FrameworkDetail>(db => askedFramework(db, params))
    return page(`${VIEWS}/profile.njk`, 'Enter a profile', profileModel(detail, {}, []))
  },
})

const addProfile = route({
  method: 'POST',
  path: '/frameworks/:code/:version/profiles/add',
  access: { permission: 'assure.profile.set' },
  params: frameworkParams,
  async handle({ params, read, work, body }) {
    const detail = await read<Visible, FrameworkDetail>(db => askedFramework(db, params))
    const again = (problems: readonly Problem[]) =>
      page(`${VIEWS}/profile.njk`, 'Enter a profile', profileModel(detail, body, problems), { problems })
    const form = readForm(typedProfile, body)
    if (!form.ok) return again(form.problems)
    try {
      await work<Visible, string>(unit => setProfile(unit, detail.framework.id, form.value))
    } catch (error) {
      return again([refusalOf(error, 'name')])
    }
    return redirect(frameworkAddress(params.code, params.version), { notice: `The profile ${form.value.name} is saved.` })
  },
})

const withdraw = route({
  method: 'POST',
  path: '/frameworks/:code/:version/withdraw',
  access: take,
  params: frameworkParams,
  async handle({ params: { code, version }, work }) {
    await work<Visible, void>(unit => withdrawFramework(unit, code, version))
    return redirect(frameworkAddress(code, version), {
      notice: 'It is withdrawn. Reviews that were opened keep it; import its file to bring it back.',
    })
  },
})

export const frameworkRoutes: readonly Route[] = [list, listCsv, showImport, importOne, show, withdraw, showProfile, addProfile]
