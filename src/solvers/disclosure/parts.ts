import type { Ledger, Member, Part } from './model.ts'

/** Members who are in the same cohorts of this release and were in the same cells of those before it. */
export interface Piece {
  /** Cells of earlier releases. */
  readonly inside: readonly string[]
  /** Cohorts of this release; empty for those who have left. */
  readonly cohorts: readonly string[]
  readonly members: readonly string[]
  readonly counts: Int32Array
  /** How many of its members are under a hand that more than one member is under. */
  readonly hands: ReadonlyMap<string, number>
}

/** Splits the present members, and those of earlier releases who have left, into pieces. The sums of those who left follow from what stayed. */
export function piecesOf(members: readonly Member[], ledger: Ledger, questions: number, levels: number): readonly Piece[] {
  const partOf = new Map(ledger.parts.flatMap((part, index) => part.members.map(key => [key, index] as const)))
  const building = new Map<
    string,
    { readonly part: number; readonly cohorts: readonly string[]; readonly keys: string[]; readonly counts: Int32Array }
  >()
  const classes = levels + 1
  for (const member of members) {
    const part = partOf.get(member.key) ?? -1
    const label = `${part} ${member.cohorts.join(' ')}`
    let piece = building.get(label)
    if (piece === undefined) {
      piece = { part, cohorts: member.cohorts, keys: [], counts: new Int32Array(questions * classes) }
      building.set(label, piece)
    }
    piece.keys.push(member.key)
    addAnswers(piece.counts, member.levels, questions, levels)
  }
  const countHands = handCounter(members, ledger)
  const present = [...building.values()].map(({ part, cohorts, keys, counts }) => ({
    inside: ledger.parts[part]?.inside ?? [],
    cohorts,
    members: keys,
    counts,
    hands: countHands(keys),
  }))
  const staying = new Set(members.map(({ key }) => key))
  const gone = ledger.parts.flatMap((part, index) => {
    const left = part.members.filter(key => !staying.has(key))
    return left.length === 0
      ? []
      : [
          {
            inside: part.inside,
            cohorts: [],
            members: left,
            counts: withoutThose(part, index, [...building.values()]),
            hands: countHands(left),
          },
        ]
  })
  return [...present, ...gone]
}

function handCounter(members: readonly Member[], ledger: Ledger): (keys: readonly string[]) => ReadonlyMap<string, number> {
  const handsOf = new Map(ledger.hands)
  for (const { key, hands } of members) if (hands !== undefined) handsOf.set(key, hands)
  const count = (lists: Iterable<readonly string[]>) => {
    const found = new Map<string, number>()
    for (const hands of lists) for (const hand of new Set(hands)) found.set(hand, (found.get(hand) ?? 0) + 1)
    return found
  }
  const all = count(handsOf.values())
  return keys => count(keys.map(key => (handsOf.get(key) ?? []).filter(hand => (all.get(hand) ?? 0) > 1)))
}

/** How many members of these pieces one hand is over at most: one of each member is its own. */
export function largestHand(pieces: readonly Pick<Piece, 'hands'>[]): number {
  let largest = 1
  for (const count of joinedHands(pieces).values()) largest = Math.max(largest, count)
  return largest
}

export function joinedHands(pieces: readonly Pick<Piece, 'hands'>[]): ReadonlyMap<string, number> {
  const [only, ...others] = pieces
  if (only !== undefined && others.every(({ hands }) => hands.size === 0)) return only.hands
  const sums = new Map<string, number>()
  for (const { hands } of pieces) for (const [hand, count] of hands) sums.set(hand, (sums.get(hand) ?? 0) + count)
  return sums
}

/** Which class an answer is of. */
export function classOf(levels: string, question: number, levelCount: number): number {
  const digit = levels.charCodeAt(question) - 48
  return digit >= 0 && digit < levelCount ? digit : levelCount
}

function addAnswers(counts: Int32Array, levels: string, questions: number, levelCount: number): void {
  for (let question = 0; question < questions; question += 1) {
    const at = question * (levelCount + 1) + classOf(levels, question, levelCount)
    counts[at] = (counts[at] ?? 0) + 1
  }
}

function withoutThose(part: Part, index: number, present: readonly { readonly part: number; readonly counts: Int32Array }[]): Int32Array {
  const left = Int32Array.from(part.counts)
  for (const piece of present) if (piece.part === index) for (const [at, count] of piece.counts.entries()) left[at] = (left[at] ?? 0) - count
  return left
}
