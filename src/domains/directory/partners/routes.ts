import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import { parseId, type Id } from '../../../kernel/id.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { cleanLine } from '../../../kernel/text.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { page, redirect, type PageReply } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import { organisationPath, type OrganisationSummary } from '../organisations/model.ts'
import { requireOrganisation } from '../organisations/queries.ts'
import { isOwnOrganisation } from '../scope.ts'
import type { DirectoryTables } from '../tables.ts'
import { endPartnership, startPartnership } from './commands.ts'

const access = { permission: 'directory.partnership.change' }

export const partnerSchema = z.object({
  partner: z
    .string({ error: 'Enter the code of the partner.' })
    .transform(cleanLine)
    .refine(code => code !== '', 'Enter the code of the partner.'),
})

const newForm = route({
  method: 'GET',
  path: '/organisations/:code/partners/new',
  access,
  params: z.object({ code: z.string().max(40) }),
  async handle({ read, actor, params }) {
    const organisation = await read<DirectoryTables, OrganisationSummary>(db => requireOrganisation(db, actor.scope, params.code))
    return formPage(organisation, actor, '', [])
  },
})

const start = route({
  method: 'POST',
  path: '/organisations/:code/partners/new',
  access,
  params: z.object({ code: z.string().max(40) }),
  async handle({ read, work, actor, params, body }) {
    const organisation = await read<DirectoryTables, OrganisationSummary>(db => requireOrganisation(db, actor.scope, params.code))
    const form = readForm(partnerSchema, body)
    if (!form.ok) return formPage(organisation, actor, '', form.problems)
    try {
      await work<DirectoryTables, unknown>(unit => startPartnership(unit, { partnerCode: form.value.partner, organisationCode: organisation.code }))
    } catch (error) {
      return formPage(organisation, actor, form.value.partner, [refusalOf(error, 'partner')])
    }
    return redirect(homeOf(organisation, actor), { notice: `${form.value.partner.toUpperCase()} answers for ${organisation.name} from now on.` })
  },
})

const end = route({
  method: 'POST',
  path: '/organisations/:code/partners/:id/end',
  access,
  params: z.object({ code: z.string().max(40), id: z.string().max(60) }),
  async handle({ read, work, actor, params }) {
    const organisation = await read<DirectoryTables, OrganisationSummary>(db => requireOrganisation(db, actor.scope, params.code))
    await work<DirectoryTables, void>(unit => endPartnership(unit, partnershipId(params.id)))
    return redirect(homeOf(organisation, actor), { notice: 'That partner no longer answers.' })
  },
})

/** The id of a partnership. Throws `NotFound` for what is none. */
export function partnershipId(text: string): Id<'partnership'> {
  const id = parseId('partnership', text)
  if (id !== undefined) return id
  throw new NotFound('directory.partnership.unknown', 'There is no such partnership. It may have been ended: look at the list.')
}

function homeOf(organisation: OrganisationSummary, actor: Actor): string {
  return organisationPath(organisation.code, isOwnOrganisation(actor, organisation))
}

function formPage(organisation: OrganisationSummary, actor: Actor, typed: string, problems: readonly Problem[]): PageReply {
  const backHref = homeOf(organisation, actor)
  const model = {
    organisation,
    backHref,
    form: {
      action: `${organisationPath(organisation.code, false)}/partners/new`,
      submit: 'Let them answer',
      cancelHref: backHref,
      fields: [
        {
          name: 'partner',
          label: 'Code of the partner',
          kind: 'code',
          width: 10,
          value: typed,
          hint: 'The ODS code of the support unit, supplier or other organisation',
          error: problems[0]?.message,
        },
      ],
    },
  }
  return page('directory/partners/views/form.njk', 'Add a partner who answers', model, { problems })
}

export const PARTNER_ROUTES: readonly Route[] = [newForm, start, end]
