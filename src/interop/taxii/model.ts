import { v5 as uuidv5 } from 'uuid'
import { taxiiTime } from '../../codecs/taxii/time.ts'
import type { Tlp } from '../../kernel/tlp.ts'

/** What a TAXII 2.1 server is made of here: one API root, and a collection for each label and sharing group. */

export const ROOT = '/taxii2/sector/'
export const TAXII = 'application/taxii+json;version=2.1'
export const STIX = 'application/stix+json;version=2.1'
/** The largest envelope that is taken, in bytes: the largest body that the web server reads. */
export const LARGEST_BYTES = 1_048_576
/** Rows on a page, where nobody says otherwise and at most. */
export const USUAL_LIMIT = 100
export const LARGEST_LIMIT = 1_000

/** The labels that have a collection. RED is for named persons, and never leaves by a machine. */
export const SERVED: readonly Tlp[] = ['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT']

const NAMESPACE = '2ac9b8a4-5725-4ad2-8630-6baa0c4ef521'

/** What organisations write into. */
export const SIGHTINGS = { id: uuidv5('sightings', NAMESPACE) }

export interface Collection {
  /** A UUID (TAXII 2.1 §5.2.1): the same everywhere and for good. */
  readonly id: string
  /** Takes the place of the id in addresses. */
  readonly alias: string
  readonly kind: 'bulletins' | 'sightings'
  readonly tlp: Tlp
  readonly groupName: string | null
}

/** The collection in which bulletins of that label and group stand. */
export function collectionOf(tlp: Tlp, groupId: string | null): { readonly id: string; readonly alias: string } {
  const word = tlp.toLowerCase().replace('+', '-')
  return { id: uuidv5(`${tlp} ${groupId ?? ''}`, NAMESPACE), alias: groupId === null ? word : `${word}-${groupId}` }
}

/** The collection resource (§5.2.1), for a reader who may tell sightings or may not. */
export function collectionResource(collection: Collection, mayTellSightings: boolean) {
  const { id, alias, kind, tlp, groupName } = collection
  const words =
    kind === 'sightings'
      ? { title: 'Sightings', description: 'Where trusted organisations say what they have seen of what the centre told. Each reads its own.' }
      : {
          title: `Bulletins, TLP:${tlp}${groupName === null ? '' : `, ${groupName}`}`,
          description: `What the centre has published under TLP:${tlp}${groupName === null ? '' : ` within ${groupName}`}, as far as you may read it.`,
        }
  return { id, ...words, alias, can_read: true, can_write: kind === 'sightings' && mayTellSightings, media_types: [STIX] }
}

/** When a row was added, as TAXII writes it: UTC with six digits of a second (§3.1). */
export function dateAdded(added: number): string {
  return taxiiTime(BigInt(added))
}

/** The token of the page after that row. Opaque to who asks; it names a place, so pages stay right while rows are added. */
export function nextAfter(added: number): string {
  return Buffer.from(`a${added}`).toString('base64url')
}

/** The place that a token names; `undefined` for what is no token of ours. */
export function placeOf(token: string): number | undefined {
  const digits = /^a(\d{1,17})$/.exec(Buffer.from(token, 'base64url').toString('utf8'))?.[1]
  return digits === undefined || nextAfter(Number(digits)) !== token ? undefined : Number(digits)
}
