import { z } from 'zod'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { ofBulletin } from '../api.ts'
import type { Visible } from '../tables.ts'
import { RENDITIONS } from './model.ts'
import { readRendition } from './routes.ts'

const show = operation({
  id: 'getRendition',
  summary: 'Read a bulletin as it is said to technicians, wards, a board, on the telephone, in a text message or on paper',
  description: 'Calls and text messages are the centre’s tools. Where its label keeps what it says from what carries it, only a notice is given.',
  method: 'GET',
  path: '/api/v1/bulletins/:number/renditions/:kind',
  page: 'GET /bulletins/:number/renditions/:kind',
  access: { permission: 'broadcast.bulletin.view' },
  params: ofBulletin.extend({ kind: z.enum(RENDITIONS) }),
  answer: z.object({
    number: z.string(),
    tlp: z.string(),
    isExercise: z.boolean(),
    isWithdrawn: z.boolean(),
    rendition: z.object({
      title: z.string().nullable(),
      isNotice: z.boolean(),
      passages: z.array(z.object({ heading: z.string().nullable(), text: z.string(), isMarkdown: z.boolean() })),
    }),
    parts: z
      .array(z.object({ number: z.int(), text: z.string(), septets: z.int() }))
      .nullable()
      .describe('Of a text message, as it travels'),
  }),
  async read(db: Reader<Visible>, { params: { number, kind }, actor, platform }) {
    const { rendition, ...view } = await readRendition(db, actor, { number, kind }, platform.config.baseUrl)
    return { ...view, rendition: { ...rendition, passages: [...rendition.passages] } }
  },
})

export const renditionOperations: readonly Route[] = [show]
