import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { LADDER } from '../.dependency-cruiser.mjs'
import { ROOT } from './suites.ts'

/**
 * `npm run new-slice react roll-calls` begins a slice: a list page with its permission, query, view model and template. The
 * slice's name is the plural of what it holds, since it is also the address. It writes over nothing.
 */
const [domain = '', slice = ''] = process.argv.slice(2)
const complaint = complaintAbout(domain, slice)
if (complaint !== undefined) {
  console.error(`${complaint}\nnpm run new-slice <domain> <things>, such as: npm run new-slice react roll-calls`)
  process.exit(2)
}

const things = slice.replaceAll('-', ' ')
const title = things.charAt(0).toUpperCase() + things.slice(1)
const camel = slice.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
const type = camel.charAt(0).toUpperCase() + camel.slice(1, camel.endsWith('s') ? -1 : undefined)
const permission = `${domain}.${slice.replace(/s$/, '')}.list`
const table = `${domain}_${slice.replace(/s$/, '').replaceAll('-', '_')}`

const FILES: Readonly<Record<string, string>> = {
  'model.ts': `/** One of the ${things}, as pages show it. */
export interface ${type} {
  readonly id: string
  readonly title: string
}
`,
  'queries.ts': `import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import type { ${type} } from './model.ts'

/** The ${things} in the reader's scope, by title. */
export async function list${type}s(db: Reader<Visible>): Promise<readonly ${type}[]> {
  return db.selectFrom('${table}').select(['id', 'title']).orderBy('title').execute()
}
`,
  'views.ts': `import type { TableModel } from '../../../ui/models.ts'
import type { ${type} } from './model.ts'

/** The list page's table. */
export function ${camel}Table(${camel}: readonly ${type}[]): TableModel {
  return { caption: '${title}', captionHidden: true, head: [{ text: 'Title' }], rows: ${camel}.map(({ title }) => [title]) }
}
`,
  'routes.ts': `import { page } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import type { Visible } from '../tables.ts'
import type { ${type} } from './model.ts'
import { list${type}s } from './queries.ts'
import { ${camel}Table } from './views.ts'

export const ${camel}Routes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/${slice}',
    access: { permission: '${permission}' },
    async handle({ read }) {
      const ${camel} = await read<Visible, readonly ${type}[]>(list${type}s)
      return page('${domain}/${slice}/views/list.njk', '${title}', { table: ${camel}Table(${camel}) })
    },
  }),
]
`,
  'views/list.njk': `{% extends 'layout.njk' %}
{% from 'macros/text.njk' import pageHeading, emptyState with context %}
{% from 'macros/table.njk' import dataTable with context %}

{% block content %}
{{ pageHeading({ title: '${title}' }) }}
{% if table.rows.length %}{{ dataTable(table) }}{% else %}{{ emptyState({ title: 'None yet', text: 'Say here what to do first.' }) }}{% endif %}
{% endblock %}
`,
}

for (const [name, text] of Object.entries(FILES)) {
  const path = join(ROOT, 'src/domains', domain, slice, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { flag: 'wx' })
  console.log(`made src/domains/${domain}/${slice}/${name}`)
}
console.log(`
Next:
1. a migration that makes ${table} with its policy of row-level security, and its row type in src/domains/${domain}/tables.ts;
2. '${permission}' and the roles that hold it in src/domains/${domain}/policy.ts;
3. ...${camel}Routes in src/domains/${domain}/module.ts;
4. ${slice}.int.test.ts and ${slice}.page.test.ts, then npm run gen and npm run check.`)

function complaintAbout(domainName: string, sliceName: string): string | undefined {
  if (!LADDER.includes(domainName)) return `There is no domain ${domainName || 'without a name'}. The domains are ${LADDER.join(', ')}.`
  if (!existsSync(join(ROOT, 'src/domains', domainName, 'module.ts')))
    return `${domainName} has no module.ts yet: begin the domain first, as the others are begun.`
  if (!/^[a-z]+(-[a-z]+)*$/.test(sliceName)) return 'Name the slice in lower case, with hyphens between words.'
  if (existsSync(join(ROOT, 'src/domains', domainName, sliceName))) return `src/domains/${domainName}/${sliceName} is there already.`
  return undefined
}
