/** One benchmark. `main.ts` lists them; `npm run bench -- NAME` runs one. */
export interface Bench {
  /** What is measured, beside which limit: one sentence. */
  readonly about: string
  run(options: BenchOptions): Promise<void>
}

export interface BenchOptions {
  /** The counted rounds. The benchmark's own number when not said. */
  readonly rounds: number | null
  /** A quick pass at a size that shows only that the benchmark still runs. Its figures mean nothing. */
  readonly small: boolean
  /** What to print as the command that was given. */
  readonly command: string
}
