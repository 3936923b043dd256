import type { TestEvent } from 'node:test/reporters'

/** What one test file did, a line of JSON each: how tools/suites.ts learns that a file or a suite ran nothing. */
export interface FileCounts {
  /** Absent in the last line, which is about the whole run. */
  readonly file?: string
  readonly tests: number
  readonly skipped: number
}

// node --test takes a reporter by its default export.
// oxlint-disable-next-line import/no-default-export
export default async function* testCounts(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== 'test:summary') continue
    const { file, counts } = event.data
    const line: FileCounts = { ...(file === undefined ? {} : { file }), tests: counts.tests, skipped: counts.skipped }
    yield `${JSON.stringify(line)}\n`
  }
}
