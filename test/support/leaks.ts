import { after } from 'node:test'

// Loaded into every test process before its test file. A file whose tests are over but that keeps a connection, a timer
// or a server open would hang the run; it fails instead, saying what kind of thing it left.
// Counted from the last test, and before the hooks that close things: a graceful stop of the jobs may take 20 seconds.
const GRACE_MILLIS = 30_000

// The runner itself loads this as well; only its children run tests.
if (process.env['NODE_TEST_CONTEXT'] !== undefined) {
  after(() => {
    const complain = () => {
      console.error(`The tests of this file are over, but it left open: ${process.getActiveResourcesInfo().join(', ')}. Close what the test opens.`)
      process.exit(1)
    }
    setTimeout(complain, GRACE_MILLIS).unref()
  })
}
