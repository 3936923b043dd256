import { ALL_ROLES, CENTRE_ROLES, type Role } from '../../kernel/role.ts'

/** Those of an organisation who work on its own review. */
const REVIEWERS = ['cyber-lead', 'contributor'] as const satisfies readonly Role[]
/** Those of an organisation who may read all of its own review and plan. */
const OWNERS = ['cyber-lead', 'board-member'] as const satisfies readonly Role[]

/**
 * Permission → the roles that hold it. A permission opens a page; whose assessment it shows is for row-level security (migration 0038): the
 * organisation's own, and for an assessor those to which the organisation has asked them in by name. No role of the centre reads any other.
 */
export const PERMISSIONS = {
  'assure.framework.view': ALL_ROLES,
  'assure.framework.import': ['administrator', 'assessor'],
  /** The level that a profile asks of each outcome: entered from an official table, with its source. */
  'assure.profile.set': ['administrator', 'assessor', 'cicso'],

  'assure.assessment.view': [...REVIEWERS, 'board-member'],
  /** To open a review, give its parts to colleagues, carry last year's forward, withdraw it. */
  'assure.assessment.open': ['cyber-lead'],
  'assure.assessment.answer': REVIEWERS,
  'assure.evidence.keep': REVIEWERS,

  /** To ask an assessor in, and to end that. */
  'assure.engagement.ask': ['cyber-lead'],
  /** To assess an organisation that asked. A cyber lead does so for a peer. */
  'assure.review.assess': ['assessor', 'cyber-lead'],
  'assure.review.moderate': ['assessor'],
  'assure.agreement.sign': ['cyber-lead', 'board-member', 'assessor'],
  'assure.report.view': [...OWNERS, 'assessor'],

  /** To share a part of one's own with a named body, and to take that back. */
  'assure.share.give': ['cyber-lead'],
  'assure.share.view': OWNERS,
  /** To read what others have shared with one's own body. */
  'assure.share.read': [...CENTRE_ROLES, 'regional-lead', 'partner-responder', 'cyber-lead'],
  'assure.take-away': ['cyber-lead'],
  'assure.practice.view': ALL_ROLES,
  'assure.practice.offer': ['cyber-lead'],

  'assure.benchmark.view': ALL_ROLES,
  'assure.benchmark.contribute': ['cyber-lead'],
  'assure.benchmark.freeze': ['assessor', 'cicso'],

  'assure.catalogue.view': ALL_ROLES,
  'assure.catalogue.change': ['assessor', 'cicso'],
  'assure.investment.view': OWNERS,
  'assure.investment.change': ['cyber-lead'],

  'assure.plan.view': [...REVIEWERS, 'board-member'],
  'assure.plan.change': ['cyber-lead'],
  /** To say how an action goes that is one's own: its owner may be a colleague who answers parts of the review. */
  'assure.plan.report': REVIEWERS,
  /** What the sector lacks, from what is safely pooled and from what was shared. */
  'assure.sector.view': [...CENTRE_ROLES, 'regional-lead'],
} as const satisfies Readonly<Record<string, readonly Role[]>>
