import { Invalid, NotFound } from '../../../kernel/errors.ts'
import { parseId } from '../../../kernel/id.ts'
import { defang } from '../../../kernel/indicator.ts'
import { londonDate, type LocalDate } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { readAs } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { CURRENT, listIndicators, type ThreatIndicator } from './indicators/queries.ts'
import { isDue, isThreatState, STATE_WORDS, THREAT_STATES, type ThreatState } from './model.ts'
import { threatForBulletin } from './queries/bulletin.ts'
import { cursorAt, listThreats, NO_FILTER, type ThreatRow } from './queries/list.ts'
import { itemsOfThreat, nameOf, threatById } from './queries/show.ts'

const MOST_AT_ONCE = 500

const listCommand: Command = {
  name: 'threats list',
  summary: 'List threats, most pressing first',
  arguments: [],
  options: [
    { flags: '--search <words>', meaning: 'in titles, CVEs, makers and products' },
    { flags: '--state <state>', meaning: 'open when left out: neither dismissed nor closed', choices: ['open', 'all', ...THREAT_STATES] },
    { flags: '--who <person>', meaning: 'whose: "mine", "nobody", or the id of a person' },
    { flags: '--limit <number>', meaning: 'how many (50; with --json all)' },
    { flags: '--cursor <id>', meaning: 'the id of the last threat of the list before, for those after it' },
  ],
  permission: 'watch.threat.list',
  async run({ platform, actor, output }, _arguments, options) {
    const text = (name: string) => (typeof options[name] === 'string' ? options[name] : '')
    const filter = {
      ...NO_FILTER,
      search: text('search'),
      state: readState(text('state') || 'open'),
      holder: text('who') === 'mine' ? actor.id : text('who') || null,
    }
    const today = londonDate(platform.clock.now())
    const wanted = readLimit(text('limit'), output.json ? Infinity : 50)
    const { rows, total } = await readAs<Visible, { rows: readonly ThreatRow[]; total: number }>(platform, actor, async db => {
      let cursor = text('cursor') === '' ? null : await cursorAt(db, parseId('threat', text('cursor')) ?? '', 'pressing', today)
      if (cursor === undefined) throw new NotFound('watch.threat.cursor', 'The cursor must be the id of a threat, as an earlier list gave it.')
      const found: ThreatRow[] = []
      for (;;) {
        const page: Page<ThreatRow> = await listThreats(
          db,
          filter,
          'pressing',
          { limit: Math.min(MOST_AT_ONCE, wanted - found.length), cursor },
          today,
        )
        found.push(...page.rows)
        cursor = page.next
        if (cursor === null || found.length >= wanted) return { rows: found, total: page.total }
      }
    })
    const data = rows.map(({ id, title, cves, priority, reason, runs, mayRun }) => ({ id, title, cves, priority, reason, runs, mayRun }))
    const lines = rows.flatMap(row => [`${row.priority.padEnd(8)} ${row.id}  ${row.title}`, `         ${row.reason} ${stateInWords(row, today)}`])
    const last = rows.at(-1)
    const more = last === undefined || rows.length >= total ? [] : [`${total} in all. The next: --cursor ${last.id}`]
    const isFiltered = filter.search !== '' || text('state') !== '' || text('who') !== ''
    const none = isFiltered ? 'No threat matches.' : 'No threats. Gather a source first: "carecert gather FILE".'
    output.result(data, lines.length === 0 ? [none] : [...lines, ...more])
  },
}

const showCommand: Command = {
  name: 'threats show',
  summary: 'Show one threat: what it is, why it is pressing, what its sources say',
  arguments: [required('id', 'as "threats list" gives it')],
  options: [],
  permission: 'watch.threat.view',
  async run({ platform, actor, output }, [id = '']) {
    const found = await readAs<Visible, { facts: object; indicators: readonly ThreatIndicator[] } | undefined>(platform, actor, async db => {
      const threat = await threatById(db, id)
      const facts = await threatForBulletin(db, id)
      if (threat === undefined || facts === undefined) return undefined
      const items = await itemsOfThreat(db, id)
      const indicators = await listIndicators(db, id, { ...CURRENT, expiry: 'all' }, { limit: MOST_AT_ONCE, cursor: null }, platform.clock.now())
      const { kev, remediation, affects, references, published, tlp, threatType } = facts
      const shown = {
        id,
        title: threat.title,
        state: threat.state,
        holder: threat.holder_id === null ? null : (threat.holder_name ?? nameOf(threat.holder_id)),
        lookAgainOn: threat.look_again_on,
        clinicalSafety: threat.clinical_safety,
        priority: threat.priority_word,
        reason: threat.reason,
        runs: threat.runs,
        mayRun: threat.may_run,
        cves: threat.cves,
        published,
        tlp,
        threatType,
        severity: threat.severity,
        cvss: threat.cvss_tenths === null ? null : threat.cvss_tenths / 10,
        kev,
        summary: threat.summary,
        affects,
        remediation,
        references,
        items: items.map(item => ({
          id: item.id,
          source: item.source,
          externalId: item.external_id,
          title: item.title,
          url: item.url,
          withdrawnAt: item.withdrawn_at,
          why: item.why,
        })),
        indicators: indicators.rows,
      }
      return { facts: shown, indicators: indicators.rows }
    })
    if (found === undefined) throw new NotFound('watch.threat.unknown', 'There is no such threat. "carecert threats list" gives their ids.')
    // A terminal may make links of what it shows; a program gets plain values.
    const indicators = found.indicators.map(row => `${row.type} ${defang(row.value)} TLP:${row.tlp}${row.isExpired ? ' expired' : ''}`)
    output.result(
      found.facts,
      Object.entries({ ...found.facts, indicators }).map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`),
    )
  },
}

function readState(text: string): ThreatState | 'open' | 'all' {
  if (text === 'open' || text === 'all' || isThreatState(text)) return text
  throw new Invalid('watch.threat.state', `The state must be one of ${['open', 'all', ...THREAT_STATES].join(', ')}.`)
}

function stateInWords(row: ThreatRow, today: LocalDate): string {
  const holder = row.holder === null ? '' : `, ${row.holder} has it`
  return `${STATE_WORDS[row.state]}${isDue(row, today) ? ', look again: due' : ''}${holder}.`
}

function readLimit(text: string, otherwise: number): number {
  if (text === '') return otherwise
  const limit = Number(text)
  if (!Number.isInteger(limit) || limit < 1) throw new Invalid('watch.list.limit', 'The limit must be a whole number from 1.')
  return limit
}

export const threatCommands: readonly Command[] = [listCommand, showCommand]
