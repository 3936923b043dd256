import {
  ALL_GUARDS,
  type Cohort,
  type Guards,
  type HoldReason,
  type Ledger,
  type Member,
  type Release,
  type ReleasedGroup,
  type ReleaseInput,
} from './model.ts'
import { classOf, piecesOf, type Piece } from './parts.ts'
import { quartilesOf, roundCount } from './rounding.ts'
import { mergePieces, settle } from './settle.ts'

/** Decides what may be released of these members, beside all that was released before, and gives it with the ledger as it stands afterwards. */
export function prepareRelease(input: ReleaseInput): Release {
  const guards = input.guards ?? ALL_GUARDS
  const ledger = guards.ledger ? input.ledger : { parts: [], shown: new Map() }
  const pieces = piecesOf(input.members, ledger, input.questions, input.levels)
  const sizes = sizesOf(pieces)
  const held = new Map<string, HoldReason>()
  const candidates = largeEnough(input, guards, sizes, pieces)
  for (const { code } of input.cohorts) if (!candidates.has(code)) held.set(code, 'few')
  const unchanged = guards.complement
    ? settle({ pieces, isEarlier: () => true, sizes, isSafe: part => part.size >= input.policy.minimum }, candidates)
    : candidates
  for (const code of candidates) if (!unchanged.has(code)) held.set(code, ledger.parts.length > 0 ? 'changed' : 'few')

  const parts = joined(pieces, unchanged)
  const shown = decideCells(input, guards, { parts, sizes, ledger, kept: unchanged, held })
  const kept = new Set([...unchanged].filter(code => !held.has(code)))
  const released = { parts: joined(parts, kept), ledger, shown, membersOf: membersByCohort(input.members) }
  return {
    cohorts: input.cohorts.map(({ code }) => ({
      code,
      held: held.get(code) ?? null,
      members: kept.has(code) ? roundCount(sizes.get(code) ?? 0, input.policy.rounding) : 0,
      cells: shown.map((cohorts, question) => (kept.has(code) && cohorts.has(code) ? cellOf(input, parts, code, question) : null)),
      groups: kept.has(code) ? groupsOf(input, code, released) : [],
    })),
    ledger: ledgerAfter(input, kept, released),
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
  }))
}

function membersByCohort(members: readonly Member[]): ReadonlyMap<string, readonly Member[]> {
  const found = new Map<string, Member[]>()
  for (const member of members)
    for (const code of member.cohorts) {
      const list = found.get(code)
      if (list === undefined) found.set(code, [member])
      else list.push(member)
    }
  return found
}

function sizesOf(pieces: readonly Piece[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  for (const piece of pieces) for (const cohort of piece.cohorts) sizes.set(cohort, (sizes.get(cohort) ?? 0) + piece.members.length)
  return sizes
}

/** The cohorts with enough members, and with enough or none left over in each beside those inside it: from the bottom up, the smallest goes first. */
function largeEnough(
  { cohorts, policy }: Pick<ReleaseInput, 'cohorts' | 'policy'>,
  guards: Guards,
  sizes: ReadonlyMap<string, number>,
  pieces: readonly Piece[],
): Set<string> {
  const size = (code: string) => sizes.get(code) ?? 0
  const kept = new Set(cohorts.filter(({ code }) => size(code) >= policy.minimum && size(code) > 0).map(({ code }) => code))
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

function settleCell(input: ReleaseInput, guards: Guards, { parts, sizes, ledger }: Deciding, question: number, start: Iterable<string>): Set<string> {
  const { minimum, alike } = input.policy
  if (!guards.complement)
    return new Set(
      [...start].filter(
        code =>
          othersThanMost(
            parts.filter(part => part.cohorts.includes(code)),
            question,
            input,
          ) >= alike,
      ),
    )
  return settle(
    {
      pieces: parts,
      sizes,
      isEarlier: cell => ledger.shown.get(cell)?.has(question) === true,
      isSafe: merged => merged.size >= minimum && othersThanMost(merged.pieces, question, input) >= alike,
    },
    start,
  )
}

/** How many answered otherwise than most did. */
function othersThanMost(parts: readonly Piece[], question: number, { levels }: Pick<ReleaseInput, 'levels'>): number {
  const counts = sumOf(parts, question, levels)
  return counts.reduce((sum, count) => sum + count, 0) - Math.max(...counts)
}

function cellOf({ levels, policy }: ReleaseInput, parts: readonly Piece[], code: string, question: number): readonly number[] {
  const inside = parts.filter(part => part.cohorts.includes(code))
  return sumOf(inside, question, levels).map(count => roundCount(count, policy.rounding))
}

function sumOf(parts: readonly Piece[], question: number, levels: number): number[] {
  const sums = Array.from({ length: levels + 1 }, () => 0)
  for (const part of parts)
    for (let one = 0; one <= levels; one += 1) sums[one] = (sums[one] ?? 0) + (part.counts[question * (levels + 1) + one] ?? 0)
  return sums
}

interface Released {
  readonly parts: readonly Piece[]
  readonly ledger: Ledger
  /** By question. */
  readonly shown: readonly ReadonlySet<string>[]
  readonly membersOf: ReadonlyMap<string, readonly Member[]>
}

function groupsOf(input: ReleaseInput, code: string, { parts, ledger, shown, membersOf }: Released): readonly ReleasedGroup[] {
  const inside = parts.filter(part => part.cohorts.includes(code))
  const separates = (question: number) => {
    const cells = ({ cohorts, inside: earlier }: Piece) =>
      [...cohorts.filter(cohort => shown[question]?.has(cohort) === true), ...earlier.filter(cell => ledger.shown.get(cell)?.has(question) === true)]
        .toSorted()
        .join('\n')
    return shown[question]?.has(code) === true && new Set(inside.map(cells)).size === inside.length
  }
  const isUseful = new Set(Array.from({ length: input.questions }, (_, question) => question).filter(separates))
  return input.groups.map(group => {
    const questions = group.questions.filter(question => isUseful.has(question))
    // Of fewer than half of its questions it would speak of something else.
    if (questions.length * 2 < group.questions.length || questions.length === 0) return { code: group.code, questions: [], quartiles: null }
    const counts = Array.from({ length: questions.length + 1 }, () => 0)
    for (const member of membersOf.get(code) ?? []) {
      let best = 0
      for (const question of questions) if (classOf(member.levels, question, input.levels) === 0) best += 1
      counts[best] = (counts[best] ?? 0) + 1
    }
    const [low = 0, middle = 0, high = 0] = (quartilesOf(counts) ?? []).map(value => Math.round((value / questions.length) * 20) * 5)
    return { code: group.code, questions, quartiles: [low, middle, high] as const }
  })
}

function ledgerAfter({ number, questions }: ReleaseInput, kept: ReadonlySet<string>, { parts, ledger, shown }: Released): Ledger {
  const shownOf = (code: string) =>
    new Set(Array.from({ length: questions }, (_, question) => question).filter(question => shown[question]?.has(code) === true))
  return {
    parts: parts
      .map(({ inside, cohorts, members, counts }) => ({
        inside: [...inside, ...cohorts.map(code => `${number} ${code}`)].toSorted(),
        members,
        counts: [...counts],
      }))
      .filter(part => part.inside.length > 0),
    shown: new Map([...ledger.shown, ...[...kept].map(code => [`${number} ${code}`, shownOf(code)] as const)]),
  }
}
