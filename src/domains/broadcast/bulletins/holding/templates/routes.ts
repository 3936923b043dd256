import { z } from 'zod'
import { londonDate, parseLocalDate } from '../../../../../kernel/instant.ts'
import type { Problem } from '../../../../../kernel/problem.ts'
import { textOf } from '../../../../../kernel/text.ts'
import { readForm, refusalOf } from '../../../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../../../platform/http/reply.ts'
import { route, type FormBody, type Route, type RouteRequest } from '../../../../../platform/http/route.ts'
import { may } from '../../../../../platform/work/actor.ts'
import type { Visible } from '../../../tables.ts'
import { approveTemplate, endTemplate, saveTemplate } from '../commands.ts'
import { TemplateWords } from '../model.ts'
import { allTemplates, templateVersions, type KeptTemplate } from '../queries.ts'
import { templatesView, templateView } from './views.ts'

/** The words in which one person may release a holding statement: written by one, approved by another, in force from a day to a day. */
const VIEWS = 'broadcast/bulletins/holding/templates/views'
const Params = z.object({ code: z.string().max(60) })

const list = route({
  method: 'GET',
  path: '/bulletins/templates',
  access: { permission: 'broadcast.bulletin.work' },
  async handle({ read, actor, now }) {
    const all = await read<Visible, readonly KeptTemplate[]>(db => allTemplates(db))
    return page(`${VIEWS}/list.njk`, 'Templates of holding statements', templatesView(all, londonDate(now), may(actor, 'broadcast.template.write')))
  },
})

const start = route({
  method: 'GET',
  path: '/bulletins/templates/new',
  access: { permission: 'broadcast.template.write' },
  handle: async () => wordsForm(null, {}, []),
})

const create = route({
  method: 'POST',
  path: '/bulletins/templates/new',
  access: { permission: 'broadcast.template.write' },
  handle: request => save(request, null),
})

const show = route({
  method: 'GET',
  path: '/bulletins/templates/:code',
  access: { permission: 'broadcast.bulletin.work' },
  params: Params,
  handle: request => showTemplate(request, request.params.code, []),
})

const edit = route({
  method: 'GET',
  path: '/bulletins/templates/:code/edit',
  access: { permission: 'broadcast.template.write' },
  params: Params,
  async handle({ params, read }) {
    const [newest] = await read<Visible, readonly KeptTemplate[]>(db => templateVersions(db, params.code))
    return wordsForm(params.code, { ...newest } as FormBody, [])
  },
})

const saveEdit = route({
  method: 'POST',
  path: '/bulletins/templates/:code/edit',
  access: { permission: 'broadcast.template.write' },
  params: Params,
  handle: request => save(request, request.params.code),
})

const approve = route({
  method: 'POST',
  path: '/bulletins/templates/:code/approve',
  access: { permission: 'broadcast.template.approve' },
  params: Params,
  async handle(request) {
    const { body, params, now } = request
    const typed = ['year', 'month', 'day'].map(part => textOf(body, `from-${part}`).trim())
    const from = typed.every(part => part === '')
      ? londonDate(now)
      : parseLocalDate(typed.map((part, at) => part.padStart(at === 0 ? 4 : 2, '0')).join('-'))
    const wrong: Problem = { rule: 'form.field', pointer: 'from', severity: 'error', message: 'Enter a date that exists, such as 27 3 2027' }
    if (from === undefined) return showTemplate(request, params.code, [wrong])
    try {
      const input = { code: params.code, version: Number(body['version']), effectiveFrom: from }
      await request.work<Visible, void>(unit => approveTemplate(unit, input))
    } catch (error) {
      return showTemplate(request, params.code, [refusalOf(error, 'from')])
    }
    return redirect(`/bulletins/templates/${params.code}`, { notice: 'The template is approved. A duty officer can release by it.' })
  },
})

const end = route({
  method: 'POST',
  path: '/bulletins/templates/:code/end',
  access: { permission: 'broadcast.template.approve' },
  params: Params,
  async handle(request) {
    const { code } = request.params
    try {
      await request.work<Visible, void>(unit => endTemplate(unit, { code, reason: textOf(request.body, 'reason') }))
    } catch (error) {
      return showTemplate(request, code, [refusalOf(error, '')])
    }
    return redirect(`/bulletins/templates/${code}`, { notice: 'Nobody can release by this template any more.' })
  },
})

export const templateRoutes: readonly Route[] = [list, start, create, show, edit, saveEdit, approve, end]

async function save(request: Pick<RouteRequest, 'work' | 'body'>, code: string | null): Promise<Reply> {
  const { body } = request
  const form = readForm(TemplateWords, {
    name: textOf(body, 'name'),
    title: textOf(body, 'title'),
    what: textOf(body, 'what'),
    toDo: textOf(body, 'toDo'),
  })
  if (!form.ok) return wordsForm(code, body, form.problems)
  try {
    const saved = await request.work<Visible, { code: string }>(unit => saveTemplate(unit, { code, words: form.value }))
    return redirect(`/bulletins/templates/${saved.code}`, { notice: 'Saved. Somebody else must approve it before it can be used.' })
  } catch (error) {
    return wordsForm(code, body, [refusalOf(error, 'name')])
  }
}

function wordsForm(code: string | null, typed: FormBody, problems: readonly Problem[]): Reply {
  const errorOf = (name: string) => problems.find(problem => problem.pointer === name)?.message
  const field = (kind: 'text' | 'textarea', name: string, label: string, hint: string) => ({
    name,
    label,
    kind,
    hint,
    value: textOf(typed, name),
    error: errorOf(name),
    rows: 3,
  })
  const model = {
    code,
    fields: [
      field('text', 'name', 'Name', 'By which a duty officer finds it.'),
      field('text', 'title', 'Title', 'HOLDING: stands before it by itself.'),
      field('textarea', 'what', 'The line that says what has happened', 'Such as: We are looking into this: {what}. It may concern {who}.'),
      field('textarea', 'toDo', 'The line that says what to do', 'Such as: {do}. Do not disconnect anything that care depends on.'),
    ],
  }
  return page(`${VIEWS}/words.njk`, code === null ? 'New template' : 'New version of a template', model, { problems })
}

async function showTemplate(request: Pick<RouteRequest, 'read' | 'actor' | 'now'>, code: string, problems: readonly Problem[]): Promise<Reply> {
  const versions = await request.read<Visible, readonly KeptTemplate[]>(db => templateVersions(db, code))
  const model = templateView(versions, request.actor, londonDate(request.now), problems.find(({ pointer }) => pointer === 'from')?.message)
  return page(`${VIEWS}/template.njk`, versions[0]?.name ?? code, model, { problems })
}
