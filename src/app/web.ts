import type { FastifyInstance } from 'fastify'
import { MIGRATIONS } from '../../migrations/index.ts'
import { identify, identifyToken, keepInterruptedForm } from '../domains/directory/contract.ts'
import { isRole, ROLES } from '../kernel/role.ts'
import { migrationStatus } from '../platform/db/migrate.ts'
import { createServer, type ShellRequest } from '../platform/http/server.ts'
import { areWorkersAlive } from '../platform/jobs/heartbeat.ts'
import type { NavigationEntry } from '../platform/module.ts'
import type { Platform } from '../platform/platform.ts'
import type { StaticFiles } from '../platform/views.ts'
import { may, type Actor } from '../platform/work/actor.ts'
import type { NavigationItem, PageShell } from '../ui/shell.ts'
import { METRICS, NAVIGATION, permissionsOf, ROUTES } from './modules.ts'

const MOST_ENTRIES = 5

/** The web server with every module's routes. */
export function createWeb(platform: Platform, staticFiles: StaticFiles): Promise<FastifyInstance> {
  return createServer(platform, {
    routes: ROUTES,
    staticFiles,
    metrics: METRICS,
    identifyToken: token => identifyToken(platform, token, permissionsOf),
    identify: cookie => identify(platform, cookie, permissionsOf),
    shell: request => shellOf(platform, request),
    keepInterruptedForm: (address, body, cookie) => keepInterruptedForm(platform, address, body, cookie),
    isReady: () => readiness(platform),
  })
}

function shellOf(platform: Platform, request: ShellRequest): PageShell {
  const { actor, session } = request.identity
  const entries = session === null ? [] : navigationOf(actor, request.address.split('?')[0] ?? '/')
  return {
    productName: 'CareCERT',
    pageTitle: request.title,
    navigation: entries.slice(0, MOST_ENTRIES),
    moreNavigation: entries.slice(MOST_ENTRIES),
    account:
      session === null
        ? null
        : {
            name: actor.name,
            acting: session.actingFor,
            roleLabel: actor.role !== null && isRole(actor.role) ? ROLES[actor.role].label : '',
            canSwitch: session.canSwitch,
          },
    csrfToken: request.csrfToken,
    notice: request.notice,
    problems: request.problems,
    exercise: request.isExercise,
    sample: platform.sample,
    mailbox: platform.mailbox === null ? null : '/mailbox',
    requestId: request.requestId,
    now: request.now,
  }
}

/** Home, then what the role may open: its daily work before what is there for everybody. */
function navigationOf(actor: Actor, path: string): readonly NavigationItem[] {
  const isMine = (entry: NavigationEntry) => actor.role !== null && isRole(actor.role) && (entry.firstFor?.includes(actor.role) ?? false)
  const allowed = NAVIGATION.filter(entry => may(actor, entry.permission))
  const home = { label: actor.scope.kind === 'centre' || actor.scope.kind === 'region' ? 'Now' : 'Home', href: '/' }
  return [home, ...allowed.filter(isMine), ...allowed.filter(entry => !isMine(entry))].map(({ label, href }) => ({
    label,
    href,
    current: href === '/' ? path === '/' : path === href || path.startsWith(`${href}/`),
  }))
}

/** Whether this process can do its work: the database answers, its schema is current, and somebody takes up the jobs. */
async function readiness(platform: Platform): Promise<{ ready: boolean; checks: Record<string, string> }> {
  const database = await check(async () => {
    const { pending } = await migrationStatus(platform.database.kysely, MIGRATIONS)
    return pending.length === 0 ? 'ok' : `${pending.length} migrations wait`
  })
  const workers = await check(async () => ((await areWorkersAlive(platform.database.kysely)) ? 'ok' : 'no worker has shown life lately'))
  return { ready: database === 'ok' && workers === 'ok', checks: { database, workers } }
}

async function check(ask: () => Promise<string>): Promise<string> {
  try {
    return await ask()
  } catch {
    return 'the database does not answer'
  }
}
