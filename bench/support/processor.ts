import { readFileSync } from 'node:fs'

/** What Linux counts processor time in: a hundredth of a second, on every machine that Node runs on. */
const TICK_MILLIS = 10

/**
 * Milliseconds of processor time that these processes have used since they began. Other work on the machine makes an answer
 * late, but does not make it cost more. `NaN` where there is no /proc.
 */
export function processorMillis(pids: readonly number[]): number {
  try {
    return pids.reduce((sum, pid) => sum + ticksOf(pid), 0) * TICK_MILLIS
  } catch {
    return NaN
  }
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
