import { page } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import type { TableModel } from '../../../../ui/models.ts'
import type { Visible } from '../../tables.ts'
import { ruleSentence } from '../model.ts'
import { namesFor } from '../queries.ts'
import { savedAudiences } from '../queries/saved.ts'

const list = route({
  method: 'GET',
  path: '/audiences',
  access: { permission: 'broadcast.audience.view' },
  async handle(request) {
    const rows = await request.read<Visible, TableModel['rows']>(async db => {
      const saved = await savedAudiences(db)
      return Promise.all(
        saved.map(async ({ name, version, rule, savedAt, savedBy }) => [
          name,
          rule === undefined ? 'It cannot be read, so it reaches nobody.' : ruleSentence(rule, await namesFor(db, rule)),
          version,
          { at: savedAt, hint: savedBy ?? 'The operator of this machine' },
        ]),
      )
    })
    const table: TableModel = {
      caption: 'Saved audiences',
      head: [{ text: 'Name' }, { text: 'Whom it reaches' }, { text: 'Version', format: 'numeric' }, { text: 'Saved' }],
      rows,
    }
    return page('broadcast/audience/saved/views/list.njk', 'Saved audiences', { table, total: rows.length })
  },
})

export const savedAudienceRoutes: readonly Route[] = [list]
