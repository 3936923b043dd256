import { z } from 'zod'
import { instant } from '../../../platform/http/api-schemas.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { aloneGiven, bulletinName, ofBulletin, versionGiven } from '../api.ts'
import { respondByAt } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { releaseAlone, releaseBulletin } from './commands.ts'
import { readReleaseFacts } from './queries/check.ts'
import { releaseCheckView } from './views.ts'

/** What the releaser saw and agrees to, as on the page: the version, and the audience by its hash. */
const agreement = {
  version: versionGiven,
  audienceHash: z.string().regex(/^[0-9a-f]{64}$/, 'Send the hash of the audience that you saw'),
}

const Check = z.object({
  number: bulletinName,
  version: z.int(),
  approvedVersion: z.int().nullable(),
  audienceHash: z.string().describe('To be sent with the release'),
  organisations: z.int(),
  contacts: z.int(),
  addresses: z.int(),
  unreachable: z.int(),
  inDoubt: z.int(),
  changed: z.array(z.string()).nullable().describe('The fields in which the version differs from the one before; null for the first'),
  respondBy: instant.nullable(),
  obstacles: z.array(z.string()).describe('What stands in the way'),
  warnings: z.array(z.string()),
})

const Released = z.object({
  number: bulletinName,
  release: z.string(),
  mailing: z.string(),
  organisations: z.int(),
  contacts: z.int(),
  unreachable: z.int(),
})

/** The check and the release: of what another person approved, or by the decision of one. */
function pair(action: 'release' | 'release-alone'): readonly Route[] {
  const isAlone = action === 'release-alone'
  const access = { permission: `broadcast.bulletin.${action}` }
  const path = `/api/v1/bulletins/:number/${action}` as const
  return [
    operation({
      id: isAlone ? 'checkReleaseAlone' : 'checkRelease',
      summary: isAlone ? 'Look before a release by one person' : 'Look before a release',
      method: 'GET',
      path,
      page: `GET /bulletins/:number/${action}`,
      access,
      params: ofBulletin,
      answer: Check,
      async read(db: Reader<Visible>, { params: { number }, actor, now, platform }) {
        const facts = await readReleaseFacts(db, number)
        const { bulletin, version, audience, reasons, changed, deadlines } = facts
        const { obstacles, warnings } = releaseCheckView(facts, {
          actor,
          now,
          isMailReady: platform.mail.isConfigured,
          areTextsReady: platform.texts.isConfigured,
          alone: isAlone ? { reason: '', errors: {} } : null,
        })
        return {
          ...bulletin,
          ...reasons,
          ...audience,
          audienceHash: audience.hash,
          changed: changed === null ? null : [...changed],
          respondBy: respondByAt(version.content, now, deadlines),
          obstacles,
          warnings,
        }
      },
    }),
    operation({
      id: isAlone ? 'releaseBulletinAlone' : 'releaseBulletin',
      summary: isAlone ? 'Release, by the decision of one person, what nobody else approved' : 'Release an approved bulletin',
      description: 'Bound to the version and to the audience that were seen: when either has changed since, nothing is released (409).',
      method: 'POST',
      path,
      page: `POST /bulletins/:number/${action}`,
      access,
      params: ofBulletin,
      body: z.object(isAlone ? { ...agreement, ...aloneGiven } : agreement),
      answer: Released,
      async write(work: Work<Visible>, { params: { number }, body, platform }) {
        const input = { number, version: body.version, audienceHash: body.audienceHash, baseUrl: platform.config.baseUrl }
        const released = 'reason' in body ? await releaseAlone(work, { ...input, reason: String(body.reason) }) : await releaseBulletin(work, input)
        return { ...released, number, release: released.releaseId, mailing: released.mailingId }
      },
    }),
  ]
}

export const releaseOperations: readonly Route[] = [...pair('release'), ...pair('release-alone')]
