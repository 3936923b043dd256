import { fileOperation } from '../../../platform/http/operation.ts'
import { download, page } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import { makeTakeAway } from './make.ts'

const access = { permission: 'assure.take-away' } as const
const PAGE = '/take-away'

const show = route({
  method: 'GET',
  path: PAGE,
  access,
  handle: async () =>
    page('assure/take-away/views/show.njk', 'Take everything away', {
      form: { action: PAGE, fields: [], submit: 'Download the archive', autosave: false },
    }),
})

const make = route({
  method: 'POST',
  path: PAGE,
  access,
  perMinute: 6,
  async handle({ platform, actor }) {
    const { fileName, bytes } = await makeTakeAway(platform, actor)
    return download(fileName, bytes())
  },
})

const asProgram = fileOperation({
  id: 'takeAway',
  summary: 'Take everything of your organisation’s reviews and plan away, as a ZIP archive',
  description: 'The audit says that it was taken. Another installation loads it by `carecert assessments load`.',
  method: 'POST',
  path: '/api/v1/take-away',
  page: 'POST /take-away',
  access,
  perMinute: 6,
  type: 'application/octet-stream',
  async handle({ platform, actor }) {
    const { fileName, bytes } = await makeTakeAway(platform, actor)
    return download(fileName, bytes())
  },
})

export const takeAwayRoutes: readonly Route[] = [show, make, asProgram]
