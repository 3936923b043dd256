import { ALL_ROLES, CENTRE_ROLES, type Role } from '../../kernel/role.ts'

const TRIAGE: readonly Role[] = ['analyst', 'duty-manager', 'incident-commander']
const KEEPERS: readonly Role[] = ['analyst', 'duty-manager', 'administrator']

/**
 * Permission → the roles that hold it. What the centre watches is the centre's own: row-level security shows it to nobody else,
 * and a threat reaches an organisation as a bulletin. What an organisation reports stays its own as well.
 */
export const PERMISSIONS = {
  'watch.threat.list': CENTRE_ROLES,
  'watch.threat.view': CENTRE_ROLES,
  /** Take up, dismiss, close, open again. */
  'watch.threat.triage': TRIAGE,
  /** Say which products are one, and what makers are called. */
  'watch.match.correct': TRIAGE,
  /** Telling the centre by machine what one's own organisation saw, where the centre takes it. */
  'watch.sighting.write': ['cyber-lead'],
  /** Saying whose sightings the centre takes. */
  'watch.sighting.trust': ['duty-manager', 'incident-commander', 'cicso'],
  'watch.source.view': CENTRE_ROLES,
  'watch.source.gather': KEEPERS,
  /** Add a source, and stop or start its gathering. */
  'watch.source.change': KEEPERS,
  /** Incident notifications in the reader's scope: the centre's all, an organisation's own, a region's where they were shared with it. */
  'watch.notification.list': ALL_ROLES,
  'watch.notification.view': ALL_ROLES,
  /** Ring the sender, say which organisation it is, what is spam. */
  'watch.notification.handle': TRIAGE,
} as const satisfies Readonly<Record<string, readonly Role[]>>
