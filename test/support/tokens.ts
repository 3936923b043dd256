import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { permissionsOf } from '../../src/app/modules.ts'
import { makeToken, type MadeToken } from '../../src/domains/directory/account/tokens/commands.ts'
import type { SignInTables } from '../../src/domains/directory/tables.ts'
import type { Id } from '../../src/kernel/id.ts'
import type { Role } from '../../src/kernel/role.ts'
import { SYSTEM } from '../../src/platform/work/actor.ts'
import { runWork } from '../../src/platform/work/work.ts'
import type { SignedIn, TestApp } from './app.ts'

/** Asks as a program does: with a token, and with no cookie. */
export interface Program {
  readonly token: string
  readonly tokenId: string
  ask(method: 'GET' | 'POST', url: string, body?: object, headers?: Record<string, string>): Promise<LightMyRequestResponse>
}

/** A program with a token of that person, in the role in which they were signed in; with all scopes of the role unless some are named. */
export async function programOf(
  app: TestApp,
  person: SignedIn,
  role: Role,
  options: { scopes?: readonly string[]; days?: number; remoteAddress?: string } = {},
): Promise<Program> {
  const actor = {
    ...SYSTEM,
    kind: 'person' as const,
    id: person.personId,
    role,
    organisationId: person.organisationId as Id<'organisation'>,
    permissions: permissionsOf(role),
  }
  const made = await runWork<SignInTables, MadeToken>(app.platform, actor, work =>
    makeToken(work, { name: 'A program', scopes: options.scopes ?? [...actor.permissions], days: options.days ?? 30 }),
  )
  return { token: made.token, tokenId: made.id, ask: asker(app, made.token, options.remoteAddress ?? '192.0.2.1') }
}

export function asker(app: TestApp, token: string, remoteAddress: string): Program['ask'] {
  return (method, url, body, headers = {}) => {
    const options: InjectOptions = { method, url, remoteAddress, headers: { authorization: `Bearer ${token}`, ...headers } }
    return app.server.inject(
      body === undefined
        ? options
        : { ...options, payload: JSON.stringify(body), headers: { ...options.headers, 'content-type': 'application/json' } },
    )
  }
}
