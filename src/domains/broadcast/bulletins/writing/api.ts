import { z } from 'zod'
import { NotFound } from '../../../../kernel/errors.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { threatForBulletin } from '../../../watch/contract.ts'
import { bulletinStep, refuse, standingOperation, versionGiven } from '../../api.ts'
import type { Visible } from '../../tables.ts'
import { draftBulletin, saveVersion, sendForReview } from '../commands.ts'
import { contentFromThreat } from '../from-threat.ts'
import { BulletinContent, parseBulletinNumber } from '../model.ts'
import { saveForReview } from './commands.ts'

/** What says nothing may be sent as `null`, as it is answered. */
const ContentGiven = z.preprocess(
  (content: unknown) =>
    typeof content === 'object' && content !== null
      ? Object.fromEntries(Object.entries(content).filter(([name, value]) => value !== null || name === 'respondBy'))
      : content,
  BulletinContent,
)

const next = z.enum(['draft', 'review']).default('draft').describe('review: send what was saved for review')

const draft = standingOperation({
  id: 'draftBulletin',
  summary: 'Draft a bulletin',
  description: 'Give `content`, `threat`, or both: without content, the first text is what is known of the threat. Nobody is sent anything.',
  page: 'POST /bulletins/new',
  path: '/api/v1/bulletins',
  permission: 'broadcast.bulletin.draft',
  status: 201,
  body: z.object({
    content: ContentGiven.optional(),
    threat: z.string().max(60).nullable().default(null),
    isExercise: z.boolean().default(false),
    next,
  }),
  async run(work, { body }) {
    const { threat: threatId, isExercise } = body
    const known = threatId === null ? null : await threatOr404(work, threatId)
    const content = body.content ?? (known === null ? undefined : contentFromThreat(known))
    if (content === undefined)
      return refuse([{ rule: 'broadcast.draft.content', pointer: 'content', severity: 'error', message: 'Give the text, or a threat to begin from' }])
    const made = await draftBulletin(work, { threatId, content, isExercise })
    const number = parseBulletinNumber(made.number) ?? 0
    if (body.next === 'review') await sendForReview(work, { number, version: 1 })
    return number
  },
})

const save = bulletinStep({
  id: 'saveBulletinVersion',
  summary: 'Save a version on top of the one that you read',
  description:
    'Of a released bulletin it is worked on beside the one that readers see. An edit voids a review and an approval. Where nothing was changed, no version is made.',
  verb: 'versions',
  pageVerb: 'edit',
  permission: 'broadcast.bulletin.draft',
  body: z.object({ baseVersion: versionGiven, content: ContentGiven, next }),
  run: (work, { number, body: { next: to, ...saved } }) => (to === 'review' ? saveForReview : saveVersion)(work, { number, ...saved }),
})

export const writingOperations: readonly Route[] = [draft, save]

async function threatOr404(work: Work<Visible>, id: string) {
  const threat = await threatForBulletin<Visible>(work.db, id)
  if (threat === undefined) throw new NotFound('broadcast.threat.not-found', 'There is no such threat. Choose one from the list of threats.')
  return threat
}
