import loader from 'highs'
import type { DisclosurePolicy, Member, Release } from '../../src/solvers/disclosure/model.ts'
import { classOf } from '../../src/solvers/disclosure/parts.ts'
import { rangeOfRounded } from '../../src/solvers/disclosure/rounding.ts'

// Its types are written for CommonJS, where `default` is a member; as an ES module it is the function itself.
const highs = await (loader as unknown as typeof loader.default)()

/** One release as the attacker sees it: who is counted is known to them, the answers are not, but their own. */
export interface Seen {
  readonly members: readonly Member[]
  readonly release: Release
}

export interface Attack {
  readonly seen: readonly Seen[]
  readonly questions: number
  readonly levels: number
  readonly policy: DisclosurePolicy
  /** Keys of the members who put their answers together. */
  readonly knowing: readonly string[]
  /** What the attacker concludes from a cell that is held in a cohort that is released: nothing, or that its answers are alike. */
  readonly heldMeans?: 'nothing' | 'alike'
}

/** An answer that is certain: whose, and to what. */
export interface Pinned {
  readonly key: string
  readonly question: number
}

/** Members whom nothing that is known of them tells apart, whatever was released. */
interface Atom {
  readonly members: readonly Member[]
  /** By release. */
  readonly cohorts: readonly (readonly string[])[]
}

/**
 * Every answer that follows with certainty from all figures of all releases. For each question an integer programme over how many of each atom gave each
 * answer: published counts as the ranges that they were rounded from, the sizes as known exactly, the rules as known. Only a group whose members all
 * gave the same answer can be pinned, for the truth is one of the worlds that fit; for these the programme looks for another world.
 */
export function attack({ seen, questions, levels, policy, knowing, heldMeans = 'nothing' }: Attack): readonly Pinned[] {
  const atoms = atomsOf(seen)
  const known = new Set(knowing)
  return Array.from({ length: questions }, (_, question) => question).flatMap(question => {
    const rows = [
      ...programme(atoms, { seen, question, levels, policy, heldMeans }),
      ...atoms.flatMap((atom, at) => boundsOf(atom, at, question, levels, known)),
    ]
    const counts = atoms.flatMap((_, at) => Array.from({ length: levels + 1 }, (_one, one) => `c${at}_${one}`))
    const choices = [...new Set(rows.flatMap(row => row.match(/z\w+/g) ?? []))]
    const aims = atoms.flatMap((atom, at) => aimAt(atom, at, question, levels, known))
    // One world in which as many as can be answered otherwise, then one more for each that did not.
    const otherwise = aims.map(({ variable, most }, index) => `${variable} + d${index} <= ${most}`)
    const first = solve(`- ${aims.map((_, index) => `d${index}`).join(' - ') || '0 c0_0'}`, [...rows, ...otherwise], {
      integers: counts,
      choices: [...choices, ...aims.map((_, index) => `d${index}`)],
    })
    return aims.flatMap(({ variable, most, free }, index) => {
      if ((first.valueOf(`d${index}`) ?? 0) > 0.5) return []
      return solve(variable, rows, { integers: counts, choices }).least > most - 0.5 ? free.map(({ key }) => ({ key, question })) : []
    })
  })
}

/** What would have to be less for somebody of the atom to have answered otherwise, where all whose answers are not known gave the same. */
function aimAt(atom: Atom, at: number, question: number, levels: number, known: ReadonlySet<string>) {
  const answers = (members: readonly Member[]) => members.map(member => classOf(member.levels, question, levels))
  const free = atom.members.filter(member => !known.has(member.key))
  const [answer, ...others] = new Set(answers(free))
  if (answer === undefined || others.length > 0) return []
  return [{ variable: `c${at}_${answer}`, most: answers(atom.members).filter(one => one === answer).length, free }]
}

function atomsOf(seen: readonly Seen[]): readonly Atom[] {
  const everybody = new Map(seen.flatMap(({ members }) => members.map(member => [member.key, member] as const)))
  const places = seen.map(({ members }) => new Map(members.map(member => [member.key, member.cohorts] as const)))
  const groups = Map.groupBy(everybody.values(), ({ key }) => JSON.stringify(places.map(place => place.get(key) ?? [])))
  return [...groups.values()].map(members => ({ members, cohorts: places.map(place => place.get(members[0]?.key ?? '') ?? []) }))
}

function programme(
  atoms: readonly Atom[],
  { seen, question, levels, policy, heldMeans }: Required<Omit<Attack, 'knowing' | 'questions'>> & { question: number },
): readonly string[] {
  const rows = atoms.map((atom, at) => `${classes(levels, one => `c${at}_${one}`)} = ${atom.members.length}`)
  for (const [number, { release }] of seen.entries())
    for (const cohort of release.cohorts) {
      const inside = atoms.flatMap((atom, at) => (atom.cohorts[number]?.includes(cohort.code) === true ? [at] : []))
      if (cohort.held !== null || inside.length === 0) continue
      const size = inside.reduce((sum, at) => sum + (atoms[at]?.members.length ?? 0), 0)
      const total = (one: number) => inside.map(at => `c${at}_${one}`).join(' + ')
      const cell = cohort.cells[question] ?? null
      // Of those who answered, so many answered otherwise than any one class.
      if (cell !== null && policy.alike > 0)
        for (let one = 0; one < levels; one += 1) {
          const others = Array.from({ length: levels }, (_, other) => other).filter(other => other !== one)
          rows.push(`${others.map(total).join(' + ')} >= ${policy.alike}`)
        }
      for (let one = 0; one <= levels; one += 1) {
        if (cell !== null) {
          const [least, most] = rangeOfRounded(cell[one] ?? 0, policy.rounding)
          rows.push(`${total(one)} >= ${least}`, `${total(one)} <= ${Math.min(most, size - Math.max(policy.alike, 0))}`)
        } else if (heldMeans === 'alike') {
          // One of the classes holds all but fewer than `alike`: z says which.
          rows.push(`${total(one)} - ${size} z${number}_${inside.join('x')}_${one} >= ${1 - policy.alike}`)
        }
      }
      if (cell === null && heldMeans === 'alike') rows.push(`${classes(levels, one => `z${number}_${inside.join('x')}_${one}`)} = 1`)
    }
  return rows
}

function boundsOf(atom: Atom, at: number, question: number, levels: number, known: ReadonlySet<string>): readonly string[] {
  const answers = atom.members.filter(({ key }) => known.has(key)).map(member => classOf(member.levels, question, levels))
  return [...new Set(answers)].map(answer => `c${at}_${answer} >= ${answers.filter(one => one === answer).length}`)
}

/** The least that the target can be, and the world in which it is. Throws when no world fits: then the attacker reckons wrongly, for the truth does. */
function solve(target: string, rows: readonly string[], variables: { readonly integers: readonly string[]; readonly choices: readonly string[] }) {
  const solution = highs.solve(
    [
      'Minimize',
      ` obj: ${target}`,
      'Subject To',
      ...rows.map((row, index) => ` r${index}: ${row}`),
      ...(variables.integers.length === 0 ? [] : ['General', ` ${variables.integers.join(' ')}`]),
      ...(variables.choices.length === 0 ? [] : ['Binary', ` ${variables.choices.join(' ')}`]),
      'End',
    ].join('\n'),
    { output_flag: false },
  )
  if (solution.Status !== 'Optimal') throw new Error(`The truth itself must fit: ${solution.Status}`)
  return { least: solution.ObjectiveValue, valueOf: (name: string) => solution.Columns[name]?.Primal }
}

function classes(levels: number, name: (one: number) => string): string {
  return Array.from({ length: levels + 1 }, (_, one) => name(one)).join(' + ')
}

/**
 * The same with every member's every answer as an unknown of its own, and the quartiles as constraints: exact, and for a few members and questions only.
 * Gives the answers that are certain.
 */
export function attackEachMember({ seen: [only], questions, levels, policy, knowing }: Attack): readonly Pinned[] {
  if (only === undefined) return []
  const { members, release } = only
  const name = (at: number, question: number, one: number) => `x${at}_${question}_${one}`
  const rows: string[] = []
  const choices: string[] = []
  const all = Array.from({ length: questions }, (_, question) => question)
  for (const [at, member] of members.entries())
    for (const question of all) {
      rows.push(`${classes(levels, one => name(at, question, one))} = 1`)
      for (let one = 0; one <= levels; one += 1) choices.push(name(at, question, one))
      if (knowing.includes(member.key)) rows.push(`${name(at, question, classOf(member.levels, question, levels))} = 1`)
    }
  for (const cohort of release.cohorts.filter(({ held }) => held === null)) {
    const inside = members.flatMap((member, at) => (member.cohorts.includes(cohort.code) ? [at] : []))
    for (const [question, cell] of cohort.cells.entries())
      for (const [one, count] of (cell ?? []).entries()) {
        const [least, most] = rangeOfRounded(count, policy.rounding)
        const total = inside.map(at => name(at, question, one)).join(' + ')
        rows.push(`${total} >= ${least}`, `${total} <= ${Math.min(most, inside.length - policy.alike)}`)
      }
    for (const [index, group] of cohort.groups.entries())
      for (const [quarter, percent] of (group.quartiles ?? []).entries()) {
        const rank = Math.ceil(((quarter + 1) / 4) * inside.length)
        const fitting = Array.from({ length: group.questions.length + 1 }, (_, best) => best).filter(
          best => Math.round((best / group.questions.length) * 20) * 5 === percent,
        )
        const [low, high] = [Math.min(...fitting), Math.max(...fitting)]
        const label = `${release.cohorts.indexOf(cohort)}_${index}_${quarter}`
        for (const at of inside) {
          const score = group.questions.map(question => name(at, question, 0))
          choices.push(`b${label}_${at}`, `a${label}_${at}`)
          rows.push(`${score.join(' + ')} + ${score.length} b${label}_${at} <= ${high + score.length}`)
          rows.push(`${score.join(' + ')} - ${low} a${label}_${at} >= 0`)
        }
        rows.push(`${inside.map(at => `b${label}_${at}`).join(' + ')} >= ${rank}`)
        rows.push(`${inside.map(at => `a${label}_${at}`).join(' + ')} >= ${inside.length - rank + 1}`)
      }
  }
  return members.flatMap((member, at) =>
    knowing.includes(member.key)
      ? []
      : all.flatMap(question => {
          const { least } = solve(name(at, question, classOf(member.levels, question, levels)), rows, { integers: [], choices })
          return least > 0.5 ? [{ key: member.key, question }] : []
        }),
  )
}
