import { Bug } from './errors.ts'

/**
 * The kinds of thing that get an internal id, each with its prefix.
 *
 * An id is `prefix_` and 32 hexadecimal digits of a version 7 UUID (RFC 9562 §5.7), so ids sort by the time they were
 * made and a stray id says what it belongs to. Natural keys (an ODS code, a CVE, a bulletin's number) are not ids.
 */
export const ID_PREFIX = {
  organisation: 'org',
  person: 'per',
  assignment: 'asg',
  contact: 'con',
  repair: 'rep',
  partnership: 'pts',
  technology: 'tec',
  invitation: 'inv',
  passkey: 'pky',
  token: 'tok',
  source: 'src',
  gathering: 'gat',
  item: 'itm',
  quarantined: 'qua',
  threat: 'thr',
  notification: 'ntf',
  regrouping: 'rgr',
  sighting: 'sgt',
  bulletin: 'bul',
  release: 'rel',
  mailing: 'mlg',
  delivery: 'del',
  response: 'rsp',
  signature: 'sgn',
  webhook: 'whk',
  announcement: 'ann',
  'webhook-message': 'whm',
  'feed-address': 'fad',
  digest: 'dig',
  call: 'cal',
  letter: 'let',
  framework: 'fwk',
  profile: 'prf',
  crosswalk: 'xwk',
  assessment: 'asm',
  comment: 'cmt',
  engagement: 'eng',
  evidence: 'evd',
  'evidence-check': 'evc',
  share: 'shr',
  look: 'lok',
  practice: 'pra',
  'practice-offer': 'pro',
  'practice-question': 'prq',
  finding: 'fin',
  agreement: 'agr',
  contribution: 'ctb',
  freeze: 'frz',
  improvement: 'imp',
  scenario: 'scn',
  investment: 'ivs',
  plan: 'pln',
  action: 'act',
  audit: 'aud',
} as const

export type IdKind = keyof typeof ID_PREFIX

/** An internal id of one kind, such as `org_0192…`. Branded, so that a person's id cannot be passed for an organisation's. */
export type Id<K extends IdKind> = string & { readonly kind: K }

const UUID_DIGITS = /^[0-9a-f]{32}$/

/** Makes an id from the 32 hexadecimal digits of a UUID, with or without its hyphens. Throws `Bug` on anything else. */
export function makeId<K extends IdKind>(kind: K, uuid: string): Id<K> {
  const digits = uuid.replaceAll('-', '').toLowerCase()
  if (!UUID_DIGITS.test(digits)) throw new Bug('kernel.id.not-a-uuid', `Not a UUID: ${uuid}`)
  return `${ID_PREFIX[kind]}_${digits}` as Id<K>
}

/** Reads an id that came from outside. Gives `undefined` unless it is well formed and of the kind asked for. */
export function parseId<K extends IdKind>(kind: K, text: string): Id<K> | undefined {
  const prefix = `${ID_PREFIX[kind]}_`
  return text.startsWith(prefix) && UUID_DIGITS.test(text.slice(prefix.length)) ? (text as Id<K>) : undefined
}
