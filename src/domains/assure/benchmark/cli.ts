import { NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { pageFrom, pagingOptions } from '../../../platform/cli/paging.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { frameworkByKey } from '../frameworks/queries.ts'
import type { Visible } from '../tables.ts'
import { releaseJson, wholeJson } from './api.ts'
import { askFreeze } from './commands.ts'
import { freezeAsSystem } from './jobs.ts'
import type { Freeze } from './model.ts'
import { cohortsOfFreeze, figuresOf, freezeById, listFreezes } from './queries.ts'
import { aboutHowMany, heldWords, releaseName } from './views.ts'

const ROWS = 100
const framework = required('framework', 'its code, such as caf')
const version = required('version', 'its version, such as 4.0')
const period = required('period', 'the year, such as 2026-27')

const freeze: Command = {
  name: 'benchmark freeze',
  summary: 'Freeze what organisations contributed for a framework and a year, and release what tells of none of them',
  arguments: [framework, version, period],
  options: [],
  permission: 'assure.benchmark.freeze',
  async run({ platform, actor, output }, [code = '', ofVersion = '', year = '']) {
    const id = await runWork<Visible, string>(platform, actor, async work => {
      const found = await frameworkByKey(work.db, code, ofVersion)
      if (found === undefined)
        throw new NotFound('assure.framework.unknown', `There is no framework ${code} ${ofVersion}. See "carecert frameworks list".`)
      return askFreeze(work, { frameworkId: found.id, period: year })
    })
    const frozen = await freezeAsSystem(platform, id)
    // A worker may have been quicker: then it is frozen all the same.
    output.result({ id, ...frozen }, [
      `Frozen: ${id}`,
      ...(frozen === null
        ? []
        : [
            `${frozen.released} cohorts released.`,
            `Held: ${frozen.held.few} with too few contributors, ${frozen.held.changed} too little changed, ${frozen.held.alike} too much alike.`,
          ]),
    ])
  },
}

const releases: Command = {
  name: 'benchmark releases',
  summary: 'Show the releases of the benchmark, the newest first',
  arguments: [],
  options: pagingOptions(ROWS),
  permission: 'assure.benchmark.view',
  async run({ platform, actor, output }, _, options) {
    const asked = pageFrom(options, ROWS)
    const found = await readAs<Visible, Page<Freeze>>(platform, actor, db => listFreezes(db, asked))
    output.result(
      found.rows.map(releaseJson),
      found.total === 0
        ? ['No release yet. "carecert benchmark freeze" makes one.']
        : found.rows.map(one => `${one.id}  ${releaseName(one)}, release ${one.number}: ${one.state}`),
    )
    output.more(found.next)
  },
}

const show: Command = {
  name: 'benchmark show',
  summary: 'Show what a release publishes, and why the rest is held',
  arguments: [required('id', 'the release, as "benchmark releases" shows it')],
  options: [],
  permission: 'assure.benchmark.view',
  async run({ platform, actor, output }, [id = '']) {
    const { about, whole, lines } = await readAs<Visible, { about: string; whole: object; lines: readonly string[] }>(platform, actor, async db => {
      const found = await freezeById(db, id)
      const cohorts = await cohortsOfFreeze(db, id)
      return {
        about: `${releaseName(found)}, release ${found.number}: ${found.state}`,
        whole: wholeJson(found, cohorts, await figuresOf(db, id)),
        lines: cohorts.map(cohort => `${cohort.code.padEnd(28)} ${aboutHowMany(cohort).padEnd(12)} ${heldWords(cohort.reason, found.policy)}`),
      }
    })
    output.result(whole, [about, ...lines, 'All figures: with --json.'])
  },
}

export const benchmarkCommands: readonly Command[] = [freeze, releases, show]
