import { COMMANDS, JOB_HANDLERS, MODULES, PERMISSIONS, ROUTES } from '../../src/app/modules.ts'
import { PROCESS_COMMANDS } from '../../src/app/process-commands.ts'
import { ASSESSMENT_LIFECYCLE } from '../../src/domains/assure/assessments/model.ts'
import { ACTION_LIFECYCLE } from '../../src/domains/assure/plans/model.ts'
import { BULLETIN_LIFECYCLE, REVISION_LIFECYCLE } from '../../src/domains/broadcast/bulletins/lifecycle.ts'
import { THREAT_LIFECYCLE } from '../../src/domains/watch/threats/model.ts'
import { lifecycleDiagram } from '../../src/kernel/lifecycle.ts'
import { ALL_ROLES, ROLES, type Role } from '../../src/kernel/role.ts'
import { SETTINGS } from '../../src/platform/config/config.ts'
import type { Route } from '../../src/platform/http/route.ts'

const HEAD = '<!-- Derived from the code by `npm run gen`. Do not edit. -->\n'

/** Every generated document by its file name. */
export function generatedDocuments(): ReadonlyMap<string, string> {
  return new Map([
    ['permissions.md', permissions()],
    ['settings.md', settings()],
    ['commands.md', commands()],
    ['jobs.md', jobs()],
    ['lifecycles.md', lifecycles()],
  ])
}

/** Who may come in by a route: the roles, or everybody. The test that walks the routes compares with this. */
export function rolesOf(route: Route): readonly Role[] | 'anyone' {
  if ('public' in route.access) return 'anyone'
  if ('signedIn' in route.access) return ALL_ROLES
  const held = PERMISSIONS[route.access.permission] ?? []
  return ALL_ROLES.filter(role => held.includes(role))
}

function permissions(): string {
  const roleHeads = ALL_ROLES.map(role => ROLES[role].label)
  const routeRows = ROUTES.toSorted((a, b) => a.path.localeCompare(b.path) || a.method.localeCompare(b.method)).map(route => {
    const roles = rolesOf(route)
    const marks = ALL_ROLES.map(role => (roles === 'anyone' || roles.includes(role) ? '●' : ''))
    const why =
      'permission' in route.access
        ? `\`${route.access.permission}\``
        : 'public' in route.access
          ? `public: ${route.access.public}`
          : `signed in: ${route.access.signedIn}`
    return [`${route.method} \`${route.path}\``, why, ...marks]
  })
  const permissionRows = MODULES.flatMap(module =>
    Object.entries(module.permissions).map(([permission, roles]) => [
      `\`${permission}\``,
      ...ALL_ROLES.map(role => (roles.includes(role) ? '●' : '')),
    ]),
  )
  return [
    HEAD,
    '# Permissions\n',
    'What is in no table, nobody may do. What a permission reaches is narrowed further by scope: a role below the centre sees its own organisation, region or clients only.\n',
    '## Routes\n',
    table(['Route', 'Needs', ...roleHeads], routeRows),
    '## Permissions by role\n',
    table(['Permission', ...roleHeads], permissionRows),
  ].join('\n')
}

function settings(): string {
  const rows = SETTINGS.map(({ name, meaning, fallback, secret }) => [`\`${name}\``, meaning, fallback, secret ? 'secret' : ''])
  return [
    HEAD,
    '# Settings\n',
    'Read from the environment; `carecert doctor --config` prints the same.\n',
    table(['Name', 'Meaning', 'When unset', ''], rows),
  ].join('\n')
}

function commands(): string {
  const rows = [...PROCESS_COMMANDS, ...COMMANDS]
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map(command => {
      const given = command.arguments.map(({ name, many, required }) => (required ? `<${name}${many ? '…' : ''}>` : `[${name}${many ? '…' : ''}]`))
      const permission = 'permission' in command && command.permission !== null ? `\`${command.permission}\`` : ''
      return [
        `\`carecert ${[command.name, ...given].join(' ')}\``,
        command.summary,
        command.options.map(option => `\`${option.flags}\` ${option.meaning}`).join('<br>'),
        permission,
      ]
    })
  const notes =
    'Every command takes `--json`, and `--yes` to answer every question. Commands with a permission take `--as EMAIL`. They end with 0 done, 1 refused with a reason, 2 wrong usage.\n'
  return [HEAD, '# Commands\n', notes, table(['Command', 'Does', 'Options', 'Permission'], rows)].join('\n')
}

function jobs(): string {
  const rows = JOB_HANDLERS.map(handler => [
    `\`${handler.kind.name}\``,
    handler.purpose,
    handler.cron === undefined ? 'when asked for' : `\`${handler.cron}\``,
    `${handler.retries} times, first after ${handler.retryAfterSeconds} s`,
  ])
  return [HEAD, '# What happens in the background\n', table(['Job', 'Does', 'When', 'Tried again'], rows)].join('\n')
}

function lifecycles(): string {
  const drawn = [
    ['Bulletin', lifecycleDiagram(BULLETIN_LIFECYCLE)],
    ['Revision of a released bulletin', lifecycleDiagram(REVISION_LIFECYCLE)],
    ['Threat', lifecycleDiagram(THREAT_LIFECYCLE)],
    ['Review of an organisation', lifecycleDiagram(ASSESSMENT_LIFECYCLE)],
    ['Action of a plan', lifecycleDiagram(ACTION_LIFECYCLE)],
  ].map(([name, diagram]) => `## ${name}\n\n\`\`\`mermaid\n${diagram}\`\`\`\n`)
  return [HEAD, '# Lifecycles\n', ...drawn].join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n')
}
