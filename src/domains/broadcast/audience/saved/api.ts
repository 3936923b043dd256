import { z } from 'zod'
import { instant } from '../../../../platform/http/api-schemas.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { saveNamedAudience } from '../commands.ts'
import { AudienceRule, ruleSentence } from '../model.ts'
import { namesFor } from '../queries.ts'
import { savedAudiences } from '../queries/saved.ts'
import { AudienceName } from '../rule.ts'

const Saved = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      version: z.int(),
      rule: AudienceRule.nullable().describe('null when what is stored cannot be read: then it reaches nobody'),
      sentence: z.string().nullable(),
      savedAt: instant,
      savedBy: z.string().nullable(),
    }),
  ),
})

async function answer(db: Reader<Visible>): Promise<z.input<typeof Saved>> {
  const items: z.input<typeof Saved>['items'] = []
  for (const { rule, ...one } of await savedAudiences(db))
    items.push({ ...one, rule: rule ?? null, sentence: rule === undefined ? null : ruleSentence(rule, await namesFor(db, rule)) })
  return { items }
}

const list = operation({
  id: 'listSavedAudiences',
  summary: 'List the audiences that are saved under a name, in their newest version',
  method: 'GET',
  path: '/api/v1/audiences',
  page: 'GET /audiences',
  access: { permission: 'broadcast.audience.view' },
  answer: Saved,
  read: (db: Reader<Visible>) => answer(db),
})

const save = operation({
  id: 'saveNamedAudience',
  summary: 'Save an audience under a name, or a new version of it',
  description: 'Drafts that use it follow; what was released keeps the version that it used.',
  method: 'POST',
  path: '/api/v1/audiences',
  page: 'POST /bulletins/:number/audience/conditions',
  access: { permission: 'broadcast.audience.edit' },
  body: z.object({ name: AudienceName, rule: AudienceRule }),
  answer: Saved,
  async write(work: Work<Visible>, { body }) {
    await saveNamedAudience(work, body)
    return answer(work.db)
  },
})

export const savedAudienceOperations: readonly Route[] = [list, save]
