import { cpus, loadavg, totalmem } from 'node:os'
import type { Summary } from './stats.ts'

/** Says what is measured, on what, and by which command, so that a table stands by itself wherever it is copied to. */
export function printHeading(about: string, command: string): void {
  const [first] = cpus()
  const machine = `${cpus().length} × ${first?.model.trim() ?? 'an unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}`
  console.log(`\n## ${about}\n\n${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC · ${machine} · load ${loadOf()} · \`${command}\``)
}

/** The load of the machine over the last minute: other work on it makes every figure worse, ours and the limit's. */
export function loadOf(): string {
  return (loadavg()[0] ?? 0).toFixed(1)
}

/** Prints a table in Markdown, its columns aligned: it is read on a terminal and pasted into docs/benchmarks.md. */
export function printTable(columns: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map(row => row[index]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0))).join(' | ')} |`
  console.log(
    `\n${line(columns)}\n|${widths.map((width, index) => (index === 0 ? `${'-'.repeat(width + 1)} ` : ` ${'-'.repeat(width)}:`)).join('|')}|`,
  )
  for (const row of rows) console.log(line(row))
  console.log('')
}

/** `median (least–most, n=count)`. */
export function describe({ median, least, most, count }: Summary): string {
  return `${round(median)} (${round(least)}–${round(most)}, n=${count})`
}

/** A ratio of medians, such as `1.8 ×`. */
export function times({ median }: Summary): string {
  return `${round(median)} ×`
}

/** Three figures that count. */
export function round(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-GB')
  return value.toFixed(value >= 10 ? 1 : 2)
}

export function note(text: string): void {
  console.error(`  ${text}`)
}
