import { z } from 'zod'
import { londonDate } from '../../../../../kernel/instant.ts'
import { dayText, instant } from '../../../../../platform/http/api-schemas.ts'
import { operation } from '../../../../../platform/http/operation.ts'
import type { Route } from '../../../../../platform/http/route.ts'
import type { Reader } from '../../../../../platform/work/read.ts'
import type { Work } from '../../../../../platform/work/work.ts'
import { reasonGiven, versionGiven } from '../../../api.ts'
import type { Visible } from '../../../tables.ts'
import { approveTemplate, endTemplate, saveTemplate } from '../commands.ts'
import { isInForce, TemplateWords } from '../model.ts'
import { allTemplates, templateVersions, type KeptTemplate } from '../queries.ts'

const view = { permission: 'broadcast.bulletin.work' }
const write = { permission: 'broadcast.template.write' }
const approve = { permission: 'broadcast.template.approve' }
const path = '/api/v1/bulletins/templates'
const params = z.object({ code: z.string().max(60) })

const Template = z.object({
  code: z.string(),
  version: z.int(),
  name: z.string(),
  title: z.string(),
  what: z.string(),
  toDo: z.string(),
  isApproved: z.boolean(),
  isInForce: z.boolean(),
  effectiveFrom: z.string().nullable(),
  effectiveTo: z.string().nullable(),
  savedAt: instant,
  savedBy: z.string().nullable(),
  approvedAt: instant.nullable(),
  approvedBy: z.string().nullable(),
})
const Templates = z.object({ items: z.array(Template) })

function answer(templates: readonly KeptTemplate[], now: Date): z.input<typeof Templates> {
  return { items: templates.map(template => ({ ...template, isInForce: isInForce(template, londonDate(now)) })) }
}

const list = operation({
  id: 'listTemplates',
  summary: 'List every version of every template of holding statements',
  method: 'GET',
  path,
  page: 'GET /bulletins/templates',
  access: view,
  answer: Templates,
  read: async (db: Reader<Visible>, { now }) => answer(await allTemplates(db), now),
})

const show = operation({
  id: 'getTemplate',
  summary: 'Read a template, its newest version first',
  method: 'GET',
  path: `${path}/:code`,
  page: 'GET /bulletins/templates/:code',
  access: view,
  params,
  answer: Templates,
  read: async (db: Reader<Visible>, { params: { code }, now }) => answer(await templateVersions(db, code), now),
})

const add = operation({
  id: 'addTemplate',
  summary: 'Write a template; somebody else approves it',
  method: 'POST',
  path,
  page: 'POST /bulletins/templates/new',
  access: write,
  status: 201,
  body: TemplateWords,
  answer: Templates,
  async write(work: Work<Visible>, { body, now }) {
    const { code } = await saveTemplate(work, { code: null, words: body })
    return answer(await templateVersions(work.db, code), now)
  },
})

const save = operation({
  id: 'saveTemplateVersion',
  summary: 'Write a new version of a template; somebody else approves it',
  method: 'POST',
  path: `${path}/:code`,
  page: 'POST /bulletins/templates/:code/edit',
  access: write,
  params,
  body: TemplateWords,
  answer: Templates,
  async write(work: Work<Visible>, { params: { code }, body, now }) {
    await saveTemplate(work, { code, words: body })
    return answer(await templateVersions(work.db, code), now)
  },
})

const approveOne = operation({
  id: 'approveTemplate',
  summary: 'Approve the newest version of a template, from a day on',
  method: 'POST',
  path: `${path}/:code/approve`,
  page: 'POST /bulletins/templates/:code/approve',
  access: approve,
  params,
  body: z.object({
    version: versionGiven,
    effectiveFrom: dayText.nullable().default(null).describe('null for today'),
  }),
  answer: Templates,
  async write(work: Work<Visible>, { params: { code }, body, now }) {
    await approveTemplate(work, { code, version: body.version, effectiveFrom: body.effectiveFrom ?? londonDate(now) })
    return answer(await templateVersions(work.db, code), now)
  },
})

const end = operation({
  id: 'endTemplate',
  summary: 'End the use of a template from today on',
  method: 'POST',
  path: `${path}/:code/end`,
  page: 'POST /bulletins/templates/:code/end',
  access: approve,
  params,
  body: z.object({ reason: reasonGiven }),
  answer: Templates,
  async write(work: Work<Visible>, { params: { code }, body, now }) {
    await endTemplate(work, { code, ...body })
    return answer(await templateVersions(work.db, code), now)
  },
})

export const templateOperations: readonly Route[] = [list, show, add, save, approveOne, end]
