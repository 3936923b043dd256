import { tlpRank, type Tlp } from '../../kernel/tlp.ts'

/** The ways by which what a bulletin says leaves us. `page` is what a person reads here after signing in, on paper too. */
const CARRIERS = ['mail', 'text', 'webhook', 'feed', 'call', 'page'] as const
export type Carrier = (typeof CARRIERS)[number]

/**
 * The narrowest label whose content a carrier takes (FIRST TLP 2.0). What can be read beyond those it is meant for, or kept by the services that
 * pass it on, takes GREEN at most. A call is made by a person to a person of that organisation, so it takes AMBER+STRICT too; RED is for
 * named persons alone, and who picks up a telephone is not known. Who may open a page, sign-in and row-level security say.
 */
const NARROWEST: Readonly<Record<Carrier, Tlp>> = { mail: 'GREEN', text: 'GREEN', webhook: 'GREEN', feed: 'GREEN', call: 'AMBER+STRICT', page: 'RED' }

/** Whether a carrier may take what a bulletin with that label says. Where it may not, it takes a notice and a link: not even the title. */
export function carriesContent(carrier: Carrier, tlp: Tlp): boolean {
  return tlpRank(tlp) <= tlpRank(NARROWEST[carrier])
}
