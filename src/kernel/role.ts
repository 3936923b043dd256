/**
 * The roles that a person can hold at an organisation, and what part of the sector each sees. Domains say in their
 * `policy.ts` which role may do what; this table says only who there is.
 */
export const ROLES = {
  analyst: { label: 'Analyst', level: 'centre', does: 'sees what is new, writes bulletins' },
  'duty-manager': { label: 'Duty manager', level: 'centre', does: 'approves and releases, chases the silent' },
  'incident-commander': { label: 'Incident commander', level: 'centre', does: 'leads the response' },
  assessor: { label: 'Assessor', level: 'centre', does: 'reviews organisations independently' },
  cicso: { label: 'Chief information and cyber security officer', level: 'centre', does: 'leads, and reports to the board' },
  administrator: { label: 'Administrator', level: 'centre', does: 'looks after people, sources, jobs and the audit' },
  'regional-lead': { label: 'Regional cyber lead', level: 'region', does: 'helps the organisations of a region' },
  'partner-responder': { label: 'IT delivery partner', level: 'partner', does: 'answers for many organisations' },
  'cyber-lead': { label: 'Cyber or IT lead', level: 'organisation', does: 'answers for an organisation' },
  contributor: { label: 'Contributor', level: 'organisation', does: 'answers the parts of the cyber review that were given to them' },
  'board-member': { label: 'Senior information risk owner', level: 'organisation', does: 'sees where the organisation stands' },
} as const satisfies Readonly<Record<string, { label: string; level: RoleLevel; does: string }>>

export type RoleLevel = 'centre' | 'region' | 'partner' | 'organisation'
export type Role = keyof typeof ROLES

export const CENTRE_ROLES = rolesAt('centre')
/** Everybody who has an account. */
export const ALL_ROLES = Object.keys(ROLES) as readonly Role[]

export function isRole(text: string): text is Role {
  return Object.hasOwn(ROLES, text)
}

function rolesAt(level: RoleLevel): readonly Role[] {
  return (Object.keys(ROLES) as Role[]).filter(role => ROLES[role].level === level)
}
