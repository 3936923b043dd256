import { Invalid } from '../../../kernel/errors.ts'
import { isRecord } from '../../../kernel/json.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { jsonFrom } from '../../../platform/cli/json-file.ts'
import { aboutPounds } from '../money.ts'
import { hashOf } from './case-page.ts'
import { certificateFrom, problemFrom } from './problem-file.ts'
import { bestChoice, faultsOf } from './solving.ts'

/** A problem of hundreds of improvements, with its certificate. */
const MOST_BYTES = 64 * 1_048_576

const solve: Command = {
  name: 'investment solve',
  summary: 'Find the best that an amount of money can do, from a problem in a file of JSON, with its certificate',
  arguments: [
    required('file', 'as "the problem" of a case is downloaded: improvements, scenarios, effects, overlapGroups, dayRate and limits, in pounds'),
  ],
  options: [],
  permission: null,
  async run({ platform, output }, [file = '']) {
    const problem = problemFrom(await jsonFrom(file, MOST_BYTES))
    const faults = faultsOf(problem)
    if (faults.length > 0) throw new Invalid('assure.investment.problem', faults.map(({ pointer, message }) => `${pointer}: ${message}`).join('\n'))
    const outcome = await bestChoice(platform, problem, hashOf(problem))
    if (outcome.kind === 'out-of-time')
      throw new Invalid('assure.investment.time', 'No answer was found in the time there is. Ask for fewer improvements.')
    if (outcome.kind === 'impossible')
      throw new Invalid(
        'assure.investment.impossible',
        ['No choice keeps all of this:', ...outcome.conflict.map(({ message }) => `- ${message}`)].join('\n'),
      )
    const { plan, certificate } = outcome
    const names = new Map(problem.improvements.map(({ id, name }) => [id, name]))
    output.result({ problem, plan, certificate }, [
      `Spend ${aboutPounds(Math.round(plan.spend.annualCost * 100))} a year on ${plan.chosen.length}:`,
      ...plan.chosen.map(id => `  ${names.get(id) ?? id}`),
      `Expected loss a year: ${aboutPounds(Math.round(plan.before * 100))} with none of it, ${aboutPounds(Math.round(plan.after * 100))} with this.`,
      certificate.isProven
        ? 'Proven: no other choice within the limits loses less.'
        : `Not proven in the time there was: the best loses at most ${(certificate.gap * 100).toFixed(2)}% less.`,
      'With --json you get the certificate; "carecert investment check FILE" looks at it again.',
    ])
  },
}

const check: Command = {
  name: 'investment check',
  summary: 'Look again at a certificate, by another path than the solver’s',
  arguments: [required('file', 'JSON with "problem" and "certificate", as "investment solve --json" prints it')],
  options: [],
  permission: null,
  async run({ platform, output }, [file = '']) {
    const value = await jsonFrom(file, MOST_BYTES)
    if (!isRecord(value)) throw new Invalid('assure.investment.file', 'The file holds no object with "problem" and "certificate".')
    const problem = problemFrom(value['problem'])
    const certificate = certificateFrom(value['certificate'])
    const found = await platform.solve.run('check', { problem, certificate })
    const findings = found.map(({ message }) => message)
    if (certificate.inputsHash !== null && certificate.inputsHash !== hashOf(problem))
      findings.push('The certificate is of another problem: its hash is not that of this one.')
    if (findings.length > 0)
      throw new Invalid('assure.investment.certificate', ['The checker does not agree:', ...findings.map(words => `- ${words}`)].join('\n'))
    output.result({ agrees: true, findings: [] }, ['Checked: agrees.'])
  },
}

export const investmentCommands: readonly Command[] = [solve, check]
