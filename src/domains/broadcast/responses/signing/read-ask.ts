import type { Id } from '../../../../kernel/id.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Actor } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { contactsOf, organisationById } from '../../../directory/contract.ts'
import { bulletinById } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { answersOf } from '../queries.ts'
import { signersAsked } from '../queries/reasons.ts'
import { signaturesOf } from './queries.ts'
import { askView } from './views.ts'

export type AskView = ReturnType<typeof askView> & {
  /** What somebody is asked to sign as, from what was chosen: a signer of the policy, or one of the organisation's own. */
  signerOf(chosen: string): { readonly signer: string; readonly title: string }
}

/** What the form needs by which an organisation asks for signatures under its newest answer. */
export async function readAskView(
  db: Reader<Visible>,
  actor: Actor,
  { bulletinId, organisationId }: { readonly bulletinId: string; readonly organisationId: Id<'organisation'> },
  typed: Readonly<Record<string, unknown>>,
  now: Instant,
): Promise<AskView> {
  const [current = null] = await answersOf(db, bulletinId, organisationId)
  const organisation = await organisationById(db, organisationId)
  const { severity } = await bulletinById(db, bulletinId)
  const asked =
    current?.state !== 'not-acting'
      ? []
      : await signersAsked(db, { severity, organisationType: organisation?.type ?? '', reasonCode: current.reasonCode }, now)
  const signatures = await signaturesOf(db, { bulletinId, organisationId }, now)
  const view = askView({ current, asked, signatures, contacts: await contactsOf(db, organisationId), actorId: actor.id, typed })
  return { ...view, signerOf: chosen => asked.find(({ signer }) => signer === chosen) ?? { signer: 'other', title: 'Somebody who agrees to it' } }
}
