import { cellOf, groupsOf, membersByCohort, othersThanMost, type Released } from './figures.ts'
import {
  ALL_GUARDS,
  EMPTY_LEDGER,
  type Cohort,
  type Guards,
  type HoldReason,
  type Ledger,
  type Release,
  type ReleasedCohort,
  type ReleaseInput,
} from './model.ts'
import { joinedHands, largestHand, piecesOf, type Piece } from './parts.ts'
import { roundCount } from './rounding.ts'
import { mergePieces, settle, type Merged } from './settle.ts'

/** Decides what may be released of these members, beside all that was released before, and gives it with the ledger as it stands afterwards. */
export function prepareRelease(input: ReleaseInput): Release {
  const guards = input.guards ?? ALL_GUARDS
  const ledger = guards.ledger ? input.ledger : EMPTY_LEDGER
  const pieces = piecesOf(input.members, ledger, input.questions, input.levels)
  const sizes = sizesOf(pieces)
  const held = new Map<string, HoldReason>()
  const candidates = largeEnough(input, guards, sizes, pieces)
  const isLarge = (part: Merged) => part.size >= atLeast(input.policy.minimum, part.pieces, guards)
  const settled = (isSafe: (part: Merged) => boolean, start: ReadonlySet<string>) =>
    guards.complement ? settle({ pieces, isEarlier: () => true, sizes, isSafe }, start) : start
  const large = settled(isLarge, candidates)
  const unchanged = settled(part => isLarge(part) && !isAlikeInQuartiles(part, ledger, input, guards), large)
  const hold = (from: Iterable<string>, kept: ReadonlySet<string>, reason: HoldReason) => {
    for (const code of from) if (!kept.has(code)) held.set(code, reason)
  }
  hold(
    input.cohorts.map(({ code }) => code),
    candidates,
    'few',
  )
  hold(candidates, large, ledger.parts.length > 0 ? 'changed' : 'few')
  hold(large, unchanged, 'alike')

  const parts = joined(pieces, unchanged)
  const shown = decideCells(input, guards, { parts, sizes, ledger, kept: unchanged, held })
  const kept = new Set([...unchanged].filter(code => !held.has(code)))
  const released = { parts: joined(parts, kept), ledger, shown, membersOf: membersByCohort(input.members) }
  const cohorts = input.cohorts.map(({ code }) => ({
    code,
    held: held.get(code) ?? null,
    members: kept.has(code) ? roundCount(sizes.get(code) ?? 0, input.policy.rounding) : 0,
    cells: shown.map((showing, question) => (kept.has(code) && showing.has(code) ? cellOf(input, parts, code, question) : null)),
    groups: kept.has(code) ? groupsOf(input, code, released) : [],
  }))
  return {
    cohorts,
    ledger: ledgerAfter(input, cohorts, released),
  }
}

/** The pieces that these cohorts do not tell apart, as one each. */
function joined(pieces: readonly Piece[], kept: ReadonlySet<string>): readonly Piece[] {
  return [...mergePieces(pieces, () => true, kept).values()].map(merged => ({
    inside: merged.pieces[0]?.inside ?? [],
    cohorts: merged.cells.filter(cell => kept.has(cell)),
    members: merged.pieces.flatMap(piece => piece.members),
    counts: merged.pieces.reduce(
      (sums, piece) => sums.map((sum, at) => sum + (piece.counts[at] ?? 0)),
      new Int32Array(merged.pieces[0]?.counts.length ?? 0),
    ),
    hands: joinedHands(merged.pieces),
  }))
}

function sizesOf(pieces: readonly Piece[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  for (const piece of pieces) for (const cohort of piece.cohorts) sizes.set(cohort, (sizes.get(cohort) ?? 0) + piece.members.length)
  return sizes
}

/** So many of a part, that without those under any one hand, but for one, there are still `count` (rule 5). */
function atLeast(count: number, pieces: readonly Piece[], { hands }: Guards): number {
  return hands ? count - 1 + largestHand(pieces) : count
}

/** The cohorts with enough members, and with enough or none left over in each beside those inside it: from the bottom up, the smallest goes first. */
function largeEnough(
  { cohorts, policy }: Pick<ReleaseInput, 'cohorts' | 'policy'>,
  guards: Guards,
  sizes: ReadonlyMap<string, number>,
  pieces: readonly Piece[],
): Set<string> {
  const size = (code: string) => sizes.get(code) ?? 0
  const isLarge = (code: string) => {
    const inside = pieces.filter(piece => piece.cohorts.includes(code))
    return size(code) > 0 && size(code) >= atLeast(policy.minimum, inside, guards)
  }
  const kept = new Set(cohorts.map(({ code }) => code).filter(isLarge))
  if (!guards.complement) return kept
  const children = Map.groupBy(cohorts, ({ parent }) => parent)
  for (const { code } of cohorts.toReversed()) {
    if (!kept.has(code)) continue
    const inside = () => (children.get(code) ?? []).filter(child => kept.has(child.code)).toSorted((a, b) => size(a.code) - size(b.code))
    for (;;) {
      const shown = inside()
      const [smallest] = shown
      const rest = leftOver(pieces, code, shown)
      if (smallest === undefined || rest === 0 || rest >= policy.minimum) break
      dropWithAllInside(smallest.code, children, kept)
    }
  }
  return kept
}

function leftOver(pieces: readonly Piece[], code: string, shown: readonly Cohort[]): number {
  const codes = new Set(shown.map(cohort => cohort.code))
  return pieces
    .filter(piece => piece.cohorts.includes(code) && !piece.cohorts.some(cohort => codes.has(cohort)))
    .reduce((sum, piece) => sum + piece.members.length, 0)
}

function dropWithAllInside(code: string, children: ReadonlyMap<string | null, readonly Cohort[]>, kept: Set<string>): void {
  kept.delete(code)
  for (const child of children.get(code) ?? []) dropWithAllInside(child.code, children, kept)
}

interface Deciding {
  readonly parts: readonly Piece[]
  readonly sizes: ReadonlyMap<string, number>
  readonly ledger: Ledger
  readonly kept: ReadonlySet<string>
  /** Gets those that are held as a whole because most of their answers are alike. */
  readonly held: Map<string, HoldReason>
}

/** For each question the cohorts whose cell is shown: first without those that would give an answer away, then without as many by lot. */
function decideCells(input: ReleaseInput, guards: Guards, deciding: Deciding): readonly ReadonlySet<string>[] {
  const { kept, held } = deciding
  const questions = Array.from({ length: input.questions }, (_, question) => question)
  const first = questions.map(question => settleCell(input, guards, deciding, question, kept))
  if (!guards.companions) return first
  const byLot = new Map<number, string[]>()
  const whole = new Set<string>()
  for (const code of kept) {
    const open = questions.filter(question => first[question]?.has(code) === true)
    const lost = questions.length - open.length
    const wanted = Math.max(0, lost + noise(input.draw(`how many ${code}`)))
    if (lost + wanted > questions.length / 2) {
      whole.add(code)
      held.set(code, 'alike')
      continue
    }
    const drawn = open.toSorted((a, b) => input.draw(`${code} ${a}`) - input.draw(`${code} ${b}`)).slice(0, wanted)
    for (const question of drawn) byLot.set(question, [...(byLot.get(question) ?? []), code])
  }
  return questions.map(question => {
    const without = new Set([...whole, ...(byLot.get(question) ?? [])])
    return settleCell(
      input,
      guards,
      deciding,
      question,
      [...kept].filter(code => !without.has(code)),
    )
  })
}

/** A whole number around 0, mostly 0 and seldom more than one from it, of which none is impossible: the two-sided geometric distribution with ratio ¼. */
function noise(drawn: number): number {
  const tail = drawn < 0.5 ? drawn : 1 - drawn
  // 0 has 3 in 5, and each step further is four times less likely.
  const steps = tail >= 0.2 ? 0 : 1 + Math.floor(-Math.log2(Math.max(tail, 2 ** -40) * 5) / 2)
  return drawn < 0.5 ? -steps : steps
}

/** Whether nearly all of a part answered alike a question that went into quartiles released earlier: apart from the others, those would tell. */
function isAlikeInQuartiles({ cells, pieces }: Merged, { grouped }: Ledger, input: ReleaseInput, guards: Guards): boolean {
  const questions = new Set(cells.flatMap(cell => [...(grouped.get(cell) ?? [])]))
  const least = atLeast(input.policy.alike, pieces, guards)
  return [...questions].some(question => othersThanMost(pieces, question, input) < least)
}

function settleCell(input: ReleaseInput, guards: Guards, { parts, sizes, ledger }: Deciding, question: number, start: Iterable<string>): Set<string> {
  const { minimum, alike } = input.policy
  if (!guards.complement)
    return new Set(
      [...start].filter(code => {
        const inside = parts.filter(part => part.cohorts.includes(code))
        return othersThanMost(inside, question, input) >= atLeast(alike, inside, guards)
      }),
    )
  return settle(
    {
      pieces: parts,
      sizes,
      isEarlier: cell => ledger.shown.get(cell)?.has(question) === true,
      isSafe({ size, pieces }) {
        const others = othersThanMost(pieces, question, input)
        return size >= minimum && others >= alike && size >= atLeast(minimum, pieces, guards) && others >= atLeast(alike, pieces, guards)
      },
    },
    start,
  )
}

function ledgerAfter(
  { number, questions, members }: ReleaseInput,
  released: readonly ReleasedCohort[],
  { parts, ledger, shown }: Pick<Released, 'parts' | 'ledger' | 'shown'>,
): Ledger {
  const named = <V>(of: (cohort: ReleasedCohort) => V) =>
    released.filter(({ held }) => held === null).map(cohort => [`${number} ${cohort.code}`, of(cohort)] as const)
  const shownOf = ({ code }: ReleasedCohort) =>
    new Set(Array.from({ length: questions }, (_, question) => question).filter(question => shown[question]?.has(code) === true))
  const counted = parts
    .map(part => ({
      inside: [...part.inside, ...part.cohorts.map(code => `${number} ${code}`)].toSorted(),
      members: part.members,
      counts: [...part.counts],
    }))
    .filter(part => part.inside.length > 0)
  const handsNow = new Map(members.map(({ key, hands }) => [key, hands ?? []] as const))
  const handsOf = (key: string) => handsNow.get(key) ?? ledger.hands.get(key) ?? []
  return {
    parts: counted,
    hands: new Map(counted.flatMap(part => part.members.map(key => [key, handsOf(key)] as const))),
    shown: new Map([...ledger.shown, ...named(shownOf)]),
    grouped: new Map([...ledger.grouped, ...named(({ groups }) => new Set(groups.flatMap(group => group.questions)))]),
  }
}
