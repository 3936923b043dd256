import { createWriteStream } from 'node:fs'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import testCounts from './test-counts.ts'

/**
 * Runs test files two at a time, in the order in which they are given; `node --test` would put them in alphabetical order. Started by
 * tools/suites.ts, in a process of its own so that the tests see none of the settings around them: FILE_FOR_COUNTS TEST_FILE…
 */
const [countsFile = '', ...files] = process.argv.slice(2)

/** One test may take this long. The journeys on a slow, shared machine are the longest. */
const TEST_TIMEOUT_MILLIS = 240_000

const events = run({ files, concurrency: 2, timeout: TEST_TIMEOUT_MILLIS, execArgv: ['--import=./test/support/leaks.ts'] })
events.on('test:summary', ({ success }) => {
  if (!success) process.exitCode = 1
})
events.pipe(new spec()).pipe(process.stdout)
events.compose(testCounts).pipe(createWriteStream(countsFile))
