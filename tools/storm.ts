import { parseArgs } from 'node:util'
import { startPostgres } from '../test/support/postgres.ts'
import { storm } from '../test/support/storm.ts'

/**
 * `node tools/storm.ts --rounds 100 --recipients 50000`: the storm test at night's length. Each round is one release, in which workers, the web
 * process and PostgreSQL are killed with -9 again and again while the mail server refuses, stalls and hangs up. Ends with 1 when anything was
 * lost, doubled without a reason, or altered. Prints a line of JSON a round, whose figures `test/support/storm.ts` explains, and what it means in
 * words on standard error.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    recipients: { type: 'string', default: '50000' },
    kills: { type: 'string', default: '12' },
    seed: { type: 'string', default: '1' },
  },
})
const postgres = await startPostgres({ shared_buffers: '256MB' }, { mayCrash: true })
try {
  let isSound = true
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    const result = await storm(postgres, { recipients: Number(values.recipients), kills: Number(values.kills), seed: Number(values.seed) + round })
    const { lost, unexplained, inDoubt, bound, answers, audit } = result
    const isGood = lost === 0 && unexplained === 0 && inDoubt <= bound && answers.recorded === answers.confirmed && audit.ok
    isSound &&= isGood
    console.log(JSON.stringify({ round, isGood, ...result }))
    console.error(
      isGood
        ? `Round ${round}: nobody was left out and nothing was altered. ${result.doubled} of ${result.recipients} came twice, all in the window that SMTP leaves open.`
        : `Round ${round} FAILED: ${lost} left out, ${unexplained} doubled without a reason, ${inDoubt} in doubt of at most ${bound}, ${answers.confirmed - answers.recorded} answers missing, the audit ${audit.ok ? 'whole' : 'broken'}.`,
    )
  }
  process.exitCode = isSound ? 0 : 1
} finally {
  await postgres.stop()
}
