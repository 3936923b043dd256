import { z } from 'zod'

/** The secret of the authenticator app that is being set up from a link. Kept under the link's own token. */
export const AUTHENTICATOR_BEGUN = { purpose: 'authenticator-begun', minutes: 60, data: z.object({ secret: z.string() }) }

/** Mails a link to somebody who asked for one. `personId` is `null` for an address that nobody has here, so that asking looks the same. */
export const SEND_RECOVERY_LINK = { name: 'directory.send-recovery-link', payload: z.object({ personId: z.string().nullable() }) }

/** The address that the first administrator has until they give their own (RFC 6761: it leads nowhere). */
export const FIRST_ADMINISTRATOR_EMAIL = 'first-administrator@carecert.invalid'

/** How long the link lasts that follows when somebody proved their second factor on a recovery link. */
export const PROVED_HOURS = 0.5
