/**
 * The labels of the Traffic Light Protocol 2.0 (FIRST, https://www.first.org/tlp/), widest audience first.
 * `AMBER` may go to the recipient's organisation and its clients, `AMBER+STRICT` to the organisation only.
 */
export const TLP = ['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED'] as const

export type Tlp = (typeof TLP)[number]

/**
 * Reads a label as people and feeds write it: in any case, with or without `TLP:`, and `WHITE` (TLP 1.0) as `CLEAR`.
 * Gives `undefined` for anything else: a marking that is not understood must never be taken for a wider one.
 */
export function parseTlp(text: string): Tlp | undefined {
  const label = text.toUpperCase().replace(/\s+/g, '').replace(/^TLP:/, '').replace('AMBER_STRICT', 'AMBER+STRICT')
  return label === 'WHITE' ? 'CLEAR' : TLP.find(known => known === label)
}

/** How narrow a label is: 0 for `CLEAR` up to 4 for `RED`. A reader cleared for one label may see every label of a lower or equal rank. */
export function tlpRank(label: Tlp): number {
  return TLP.indexOf(label)
}

/** The narrowest of the labels: what a thing made out of several must carry. `CLEAR` for none. */
export function narrowestTlp(labels: readonly Tlp[]): Tlp {
  return labels.reduce<Tlp>((narrowest, label) => (tlpRank(label) > tlpRank(narrowest) ? label : narrowest), 'CLEAR')
}

/**
 * Whether a part with that label may be told inside an item, so that it reaches no wider audience than its own label allows. A part without a
 * label follows its source's own rule, which is not known here: only an item without one, or for nobody else, is as narrow.
 */
export function mayCarry(item: Tlp | null, part: Tlp | null): boolean {
  if (item === 'RED' || part === 'CLEAR') return true
  return item === null || part === null ? item === part : tlpRank(part) <= tlpRank(item)
}
