/**
 * The architecture, as rules that a tool keeps. ARCHITECTURE.md says why; each comment here says what to do instead.
 *
 * Each rule has a must-fail example under test/arch/fixtures/<rule>/, and test/arch/architecture.test.ts runs this very
 * configuration over all of them: a rule that can no longer fail fails the build.
 */

/** The floors, lowest first. A file may import from its own floor and from any lower one. */
export const FLOORS = ['kernel', '(?:codecs|solvers|charts)', 'platform', 'ui', 'domains', 'interop', 'app']

/** The domains, lowest rung first. A domain may import the contract.ts of a lower rung, and nothing else of it. */
export const LADDER = ['directory', 'watch', 'broadcast', 'assure', 'react', 'ready', 'lead']

/** Packages that reach the outside world, or wait for it. Codecs, solvers and charts are pure, so they never need one. */
const PACKAGES_WITH_EFFECTS = [
  '@electric-sql/',
  '@fastify/',
  'close-with-grace',
  'fastify',
  'kysely',
  'nodemailer',
  'openid-client',
  'pg',
  'pg-boss',
  'pino',
  'prom-client',
  'proper-lockfile',
  'smtp-server',
].map(name => (name.endsWith('/') ? `node_modules/${name}` : `node_modules/${name}/`))

const TESTS = '[.]test[.]ts$'

// The pure floor is not in this list: pure-floors-are-islands asks more of it.
const floors = FLOORS.slice(0, -1)
  .map((floor, height) => ({
    name: `${floor}-never-looks-up`,
    severity: 'error',
    comment: `src/${floor} may import from ${['itself', ...FLOORS.slice(0, height)].join(', ')}. Move the thing down, or pass it in as an argument.`,
    from: { path: `^src/${floor}/`, pathNot: TESTS },
    to: { path: FLOORS.slice(height + 1).map(higher => `^src/${higher}/`) },
  }))
  .filter(rule => !rule.name.startsWith('('))

const ladder = LADDER.slice(0, -1).map((domain, rung) => ({
  name: `${domain}-never-looks-up-the-ladder`,
  severity: 'error',
  comment: `domains/${domain} may know ${LADDER.slice(0, rung).join(', ') || 'no other domain'}. To tell a higher domain, publish an event and wire it in src/app/reactions.ts.`,
  from: { path: `^src/domains/${domain}/`, pathNot: TESTS },
  to: { path: LADDER.slice(rung + 1).map(higher => `^src/domains/${higher}/`) },
}))

const named = [
  {
    name: 'no-cycles',
    comment: 'No cycles, type-only ones included. Move what both files need into a third.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'kernel-needs-nothing',
    comment: 'The kernel imports no package: everything stands on it.',
    from: { path: '^src/kernel/', pathNot: TESTS },
    to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'pure-floors-are-islands',
    comment: 'Codecs, solvers and charts know only themselves and the kernel. A domain or src/interop marries two of them.',
    from: { path: '^src/(codecs/[^/]+|solvers|charts)/', pathNot: TESTS },
    to: { path: '^src/', pathNot: ['^src/$1/', '^src/kernel/'] },
  },
  {
    name: 'pure-floors-do-no-io',
    comment: 'Below src/platform nothing reads a file, a socket, a clock or a database. Take the bytes as an argument.',
    from: { path: '^src/(kernel|codecs|solvers|charts)/', pathNot: TESTS },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'pure-floors-use-no-effectful-package',
    comment: 'Below src/platform no package that reaches the outside world. Take the bytes as an argument.',
    from: { path: '^src/(kernel|codecs|solvers|charts)/', pathNot: TESTS },
    to: { path: PACKAGES_WITH_EFFECTS },
  },
  {
    name: 'domains-meet-through-contracts',
    comment: 'Another domain is reached through its contract.ts only. If what you need is not there, add it there.',
    from: { path: '^src/domains/([^/]+)/', pathNot: TESTS },
    to: { path: '^src/domains/[^/]+/', pathNot: ['^src/domains/$1/', '^src/domains/[^/]+/contract[.]ts$'] },
  },
  {
    name: 'slices-meet-through-the-model',
    comment:
      "Inside a domain, a slice may use another slice's model.ts, lifecycle.ts and queries.ts, never its commands, fields, routes, views, jobs or cli. Only broadcast's mailings.ts is for all of them, since each way to write to people goes through it, and assure's scoring.ts, the one place that says how a status comes about.",
    from: { path: '^src/domains/([^/]+)/([^/]+)/', pathNot: TESTS },
    to: {
      path: '^src/domains/$1/[^/]+/',
      pathNot: [
        '^src/domains/$1/$2/',
        '^src/domains/$1/tables/',
        '^src/domains/$1/.+/(?:model|lifecycle|queries)[.]ts$',
        '^src/domains/$1/.+/queries/[^/]+[.]ts$',
        '^src/domains/broadcast/deliveries/mailings[.]ts$',
        '^src/domains/assure/frameworks/scoring[.]ts$',
      ],
    },
  },
  {
    name: 'models-are-pure',
    comment: 'model.ts, policy.ts and fields.ts decide; they do not fetch. Load the facts in a query and pass them in.',
    from: { path: '^src/domains/.+/(?:model|policy|fields)[.]ts$' },
    to: {
      path: ['^src/(?:platform|ui|interop|app)/', '/(?:queries|commands|routes|api|views|jobs|cli|tables|scope)[.]ts$', ...PACKAGES_WITH_EFFECTS],
    },
  },
  {
    name: 'sql-lives-in-queries-and-commands',
    comment: 'Above src/platform only queries.ts, commands.ts, tables.ts and scope.ts speak SQL. Put the read in queries.ts and call it.',
    from: {
      path: '^src/(?:domains|ui|interop|app)/',
      pathNot: ['/(?:queries|commands|tables|scope)[.]ts$', '/(?:queries|tables)/[^/]+[.]ts$', TESTS],
    },
    to: { path: 'node_modules/kysely/' },
  },
  {
    name: 'http-lives-in-routes',
    comment:
      'Inside a domain only routes.ts and api.ts (and module.ts, which lists them) may know HTTP. Return a value; let the route say what it means on the wire.',
    from: { path: '^src/domains/', pathNot: ['/(?:routes|api|module)[.]ts$', TESTS] },
    to: { path: ['^src/platform/http/', 'node_modules/fastify/', 'node_modules/@fastify/'] },
  },
  {
    name: 'module-is-for-app-only',
    comment: 'module.ts is where the application takes a domain in. Others use its contract.ts.',
    from: { pathNot: ['^src/app/', '^test/', '^tools/', '^bench/', TESTS] },
    to: { path: '^src/domains/[^/]+/module[.]ts$' },
  },
  {
    name: 'migrations-stand-alone',
    comment: 'A migration says today what it said when it was written, so it imports no code that may change.',
    from: { path: '^migrations/', pathNot: TESTS },
    to: { path: '^(?:src|test|tools)/' },
  },
  {
    name: 'no-orphans',
    comment: 'Nothing reaches this file and it reaches nothing: delete it, or wire it in.',
    // The embedded database's worker is started through new URL(…).
    from: {
      orphan: true,
      path: '^(?:src|migrations)/',
      pathNot: [TESTS, '[.]d[.]ts$', '^src/main[.]ts$', '^src/platform/db/embedded-worker[.]ts$'],
    },
    to: {},
  },
  {
    name: 'no-test-imports',
    comment: 'What ships never imports a test or what only tests use.',
    from: { path: '^(?:src|migrations|bin)/', pathNot: TESTS },
    to: { path: [TESTS, '^(?:test|tools|bench)/'] },
  },
  {
    name: 'no-development-packages',
    comment: 'This would break `npm ci --omit=dev`. Move the package to dependencies, with its line in docs/adr/0012-dependencies.md.',
    from: { path: '^(?:src|migrations|bin)/', pathNot: TESTS },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no-undeclared-packages',
    comment: 'The package is installed only because another one needs it. Declare it in package.json.',
    from: {},
    to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'everything-resolves',
    comment: 'This import leads nowhere. Is the .ts extension there?',
    from: {},
    to: { couldNotResolve: true },
  },
].map(rule => ({ severity: 'error', ...rule }))

export default {
  forbidden: [...floors, ...ladder, ...named],
  options: {
    doNotFollow: { path: 'node_modules' },
    // The browser resolves what the assets import, by address.
    exclude: { path: ['^test/arch/fixtures/', '^src/ui/assets/'] },
    // Sees `import type` too: two files that know each other's types are a knot as well.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
