import { readFileSync } from 'node:fs'

/** What Linux counts processor time in: a hundredth of a second, on every machine that Node runs on. */
const TICK_MILLIS = 10

/** Milliseconds of processor time that each process has used since it began. */
export type ProcessorTimes = ReadonlyMap<number, number>

/** What these processes have used so far. Empty where there is no /proc; a process that has just ended is left out. */
export function processorTimes(pids: readonly number[]): ProcessorTimes {
  return new Map(
    pids.flatMap(pid => {
      try {
        return [[pid, ticksOf(pid) * TICK_MILLIS]]
      } catch {
        return []
      }
    }),
  )
}

/**
 * What the processes used between two readings. Other work on the machine makes an answer late, but hardly makes it cost more.
 * What a process used that ended in between is not known, and not counted.
 */
export function usedBetween(before: ProcessorTimes, after: ProcessorTimes): number {
  return [...after].reduce((sum, [pid, millis]) => sum + millis - (before.get(pid) ?? 0), 0)
}

/** User and system time: the 14th and 15th field of proc(5) stat; the name of the program, in brackets, may hold spaces. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [user = '', system = ''] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  return Number(user) + Number(system)
}
