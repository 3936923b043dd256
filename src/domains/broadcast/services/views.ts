import type { Instant } from '../../../kernel/instant.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import { serviceFields, statementFields } from './fields.ts'
import { SERVICE_STATE_ORDER, serviceTag, STANDING_PAGE, statementLine } from './model.ts'
import type { ServiceStatement } from './model.ts'
import type { StandingService } from './queries.ts'

/** The standing page: what needs attention first, then by name. Of what nothing was said is not known. */
export function standingModel(services: readonly StandingService[], now: Instant, may: { readonly say: boolean; readonly manage: boolean }) {
  const rank = ({ standing }: StandingService) => SERVICE_STATE_ORDER.indexOf(standing?.state ?? 'not-known')
  return {
    maySay: may.say,
    mayManage: may.manage,
    addHref: `${STANDING_PAGE}/add`,
    now,
    services: services
      .toSorted((a, b) => rank(a) - rank(b))
      .map(service => ({
        name: service.name,
        purpose: service.purpose,
        href: `${STANDING_PAGE}/${service.code}`,
        sayHref: `${STANDING_PAGE}/${service.code}/say`,
        tag: serviceTag(service.standing?.state ?? 'not-known'),
        said: service.standing === null ? null : statementLine(service.standing, now),
      })),
  }
}

export function serviceModel(
  code: string,
  found: { readonly name: string; readonly purpose: string; readonly statements: readonly ServiceStatement[] },
  now: Instant,
  may: { readonly say: boolean; readonly manage: boolean },
) {
  const [standing, ...before] = found.statements.map(statement => statementLine(statement, now))
  return {
    name: found.name,
    purpose: found.purpose,
    standing: standing ?? null,
    before,
    backHref: STANDING_PAGE,
    actions: [
      ...(may.say ? [{ label: 'Say something', href: `${STANDING_PAGE}/${code}/say` }] : []),
      ...(may.manage
        ? [
            {
              label: 'Take it off the page',
              href: `${STANDING_PAGE}/${code}/end`,
              method: 'post' as const,
              reason: 'required' as const,
              variant: 'secondary' as const,
            },
          ]
        : []),
    ],
  }
}

type Typed = Readonly<Record<string, unknown>>

export function addModel(typed: Typed, problems: readonly Problem[]) {
  return { action: `${STANDING_PAGE}/add`, cancelHref: STANDING_PAGE, fields: serviceFields(typed, errorIn(problems)) }
}

export function sayModel(code: string, name: string, typed: Typed, problems: readonly Problem[]) {
  const href = `${STANDING_PAGE}/${code}`
  return { name, action: `${href}/say`, cancelHref: href, fields: statementFields(typed, errorIn(problems)) }
}

function errorIn(problems: readonly Problem[]) {
  return (name: string) => problems.find(problem => problem.pointer === name)?.message
}

/** The page as data, for a machine. */
export function standingJson(services: readonly StandingService[], now: Instant) {
  return {
    asOf: now.toISOString(),
    services: services.map(({ code, name, standing }) => ({
      code,
      name,
      state: standing?.state ?? 'not-known',
      words: standing?.words ?? null,
      since: standing?.at.toISOString() ?? null,
      saidBy: standing?.by ?? null,
      moreBy: standing?.moreBy?.toISOString() ?? null,
      bulletin: standing?.bulletin === null || standing?.bulletin === undefined ? null : bulletinNumber(standing.bulletin),
    })),
  }
}
