import { Invalid, NotFound } from '../../../kernel/errors.ts'
import { asText } from '../../../kernel/text.ts'
import { required, type Command, type CommandContext } from '../../../platform/cli/command.ts'
import { pageFrom, pagingOptions } from '../../../platform/cli/paging.ts'
import { readAs, type Reader } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import { threatForBulletin } from '../../watch/contract.ts'
import { releaseOf } from '../release/queries.ts'
import type { Visible } from '../tables.ts'
import { fieldsFrom } from './cli-content.ts'
import { approveBulletin, draftBulletin, returnForChanges, sendForReview } from './commands.ts'
import { contentFromThreat } from './from-threat.ts'
import { BULLETIN_STATES, BulletinContent, bulletinNumber, isSeverity, parseBulletinNumber, SEVERITIES, severityLabel, stateLabel } from './model.ts'
import { bulletinOf, revisionOf, severitiesOf, updatesOf, versionOf } from './queries.ts'
import { listBulletins } from './queries/list.ts'

const ID = required('id', 'the bulletin, such as CC-5001')

const list: Command = {
  name: 'bulletins list',
  summary: 'List bulletins, newest first',
  arguments: [],
  options: [
    { flags: '--search <words>', meaning: 'a number such as CC-5001, a CVE, or words of the text' },
    { flags: '--state <state>', meaning: 'how far it is', choices: BULLETIN_STATES },
    { flags: '--severity <severity>', meaning: 'how severe', choices: SEVERITIES },
    ...pagingOptions(),
  ],
  permission: 'broadcast.bulletin.list',
  async run(context, _arguments, options) {
    const state = BULLETIN_STATES.find(known => known === options['state']) ?? ''
    if (options['state'] !== undefined && state === '')
      throw new Invalid('broadcast.list.state', `The state must be one of ${BULLETIN_STATES.join(', ')}.`)
    const severity = asText(options['severity'])
    if (severity !== '' && !isSeverity(severity))
      throw new Invalid('broadcast.list.severity', 'The severity must be high, medium, low or information.')
    const asked = pageFrom(options)
    const filter = { search: asText(options['search']), state, severity } as const
    const found = await asking(context, db => listBulletins(db, context.actor.scope, filter, '-number', asked))
    const bulletins = found.rows.map(row => ({ ...row, number: bulletinNumber(row.number) }))
    const lines = found.rows.map(row => {
      const figures = row.releasedAt === null ? '' : `${row.answered} of ${row.organisations} answered`
      return `${bulletinNumber(row.number)}  ${severityLabel(row.severity).padEnd(16)}  ${stateLabel(row.state).padEnd(9)}  ${row.title}${figures === '' ? '' : `  (${figures})`}`
    })
    const more = found.next === null ? [] : [`The next: --cursor ${found.next}`]
    context.output.result({ bulletins, total: found.total, next: found.next }, [...lines, `${found.total.toLocaleString('en-GB')} in all.`, ...more])
  },
}

const show: Command = {
  name: 'bulletins show',
  summary: 'Show one bulletin: what it says, where it stands, who was sent it',
  arguments: [ID],
  options: [],
  permission: 'broadcast.bulletin.view',
  async run(context, [id = '']) {
    const shown = await asking(context, async db => {
      const bulletin = await bulletinOf(db, numberOf(id))
      const { content, hash } = await versionOf(db, bulletin.id, bulletin.version)
      const release = await releaseOf(db, bulletin.id)
      return { bulletin, content, hash, severities: await severitiesOf(db, bulletin.id), updates: await updatesOf(db, bulletin.id), release }
    })
    const { bulletin, content, release } = shown
    const number = bulletinNumber(bulletin.number)
    const lines = [
      `${number}  ${bulletin.title}`,
      `${severityLabel(bulletin.severity)} · ${stateLabel(bulletin.state)} · TLP:${bulletin.tlp} · version ${bulletin.version}${bulletin.isExercise ? ' · EXERCISE' : ''}`,
      ...(bulletin.respondBy === null ? [] : [`Answer by ${bulletin.respondBy.toISOString()}`]),
      ...(release === undefined
        ? []
        : [
            `Released ${release.releasedAt.toISOString()} to ${release.organisations.toLocaleString('en-GB')} organisations, ${release.unreachable.toLocaleString('en-GB')} of them out of reach`,
          ]),
      '',
      content.summary || content.shortSummary,
      '',
      ...content.steps.map((step, at) => `${at + 1}. ${step.type}: ${step.text}${step.link === '' ? '' : ` (${step.link})`}`),
    ]
    const { id: _internal, authorId: _author, ...head } = bulletin
    const frozen =
      release === undefined
        ? null
        : {
            at: release.releasedAt,
            organisations: release.organisations,
            contacts: release.contacts,
            unreachable: release.unreachable,
            hash: release.audienceHash,
          }
    context.output.result(
      { ...head, number, content, contentHash: shown.hash, severities: shown.severities, updates: shown.updates, release: frozen },
      lines,
    )
  },
}

const draft: Command = {
  name: 'bulletins draft',
  summary: 'Draft a bulletin from a threat, or from a JSON file of its fields',
  arguments: [],
  options: [
    { flags: '--threat <id>', meaning: 'the threat that it is about: the fields are filled in from it' },
    { flags: '--from-file <file>', meaning: 'a JSON file of fields: title, summary, severity, steps …; what it names wins over the threat' },
    { flags: '--exercise', meaning: 'every page and message about it says that it is an exercise' },
  ],
  permission: 'broadcast.bulletin.draft',
  async run(context, _arguments, options) {
    const threatId = typeof options['threat'] === 'string' ? options['threat'] : null
    const path = typeof options['fromFile'] === 'string' ? options['fromFile'] : null
    if (threatId === null && path === null)
      throw new Invalid('broadcast.draft.nothing', 'Say what to draft from: --threat ID, --from-file FILE, or both.')
    const threat = threatId === null ? undefined : await asking(context, db => threatForBulletin(db, threatId))
    if (threatId !== null && threat === undefined)
      throw new NotFound('broadcast.threat.not-found', `There is no threat ${threatId}. "carecert threats list" shows those that there are.`)
    const content = contentFrom({ ...(threat === undefined ? {} : contentFromThreat(threat)), ...(path === null ? {} : await fieldsFrom(path)) })
    const { number } = await doing(context, work => draftBulletin(work, { threatId, content, isExercise: options['exercise'] === true }))
    context.output.result({ number, version: 1, state: 'draft' }, [
      `${number} is a draft: ${content.title}`,
      `Next: choose who gets it ("carecert bulletins audience ${number} --technology NAME"), then "carecert bulletins review ${number}".`,
    ])
  },
}

const review: Command = {
  name: 'bulletins review',
  summary: 'Send a draft for review',
  arguments: [ID],
  options: [],
  permission: 'broadcast.bulletin.draft',
  run: (context, [id = '']) => step(context, id, 'sent for review. Somebody who wrote none of it must approve it.', sendForReview),
}

const approve: Command = {
  name: 'bulletins approve',
  summary: 'Approve the newest version; nobody approves what they wrote (use --as EMAIL to act as a person)',
  arguments: [ID],
  options: [],
  permission: 'broadcast.bulletin.approve',
  run: (context, [id = '']) => step(context, id, 'approved. It can be released.', approveBulletin),
}

const giveBack: Command = {
  name: 'bulletins return',
  summary: 'Return a bulletin to its author for changes',
  arguments: [ID],
  options: [{ flags: '--comment <words>', meaning: 'what to change' }],
  permission: 'broadcast.bulletin.approve',
  run: (context, [id = ''], options) =>
    step(context, id, 'returned to its author.', (work, asked) => returnForChanges(work, { ...asked, comment: asText(options['comment']) })),
}

export const bulletinCommands: readonly Command[] = [list, show, draft, review, approve, giveBack]

/** One step of the lifecycle on the newest version, and where the bulletin stands after it. */
async function step(
  context: CommandContext,
  id: string,
  words: string,
  run: (work: Work<Visible>, asked: { number: number; version: number }) => Promise<void>,
): Promise<void> {
  const number = numberOf(id)
  const after = await doing(context, async work => {
    const { version } = await writtenOf(work, number)
    await run(work, { number, version })
    return writtenOf(work, number)
  })
  context.output.result({ number: bulletinNumber(number), ...after }, [`${bulletinNumber(number)} is ${words}`])
}

/** Where what is being written stands: the bulletin, or after its release the version beside the live one. */
async function writtenOf(work: Work<Visible>, number: number): Promise<{ readonly version: number; readonly state: string }> {
  const bulletin = await bulletinOf(work.db, number)
  const { version, state } = (bulletin.state === 'released' ? await revisionOf(work.db, bulletin.id) : undefined) ?? bulletin
  return { version, state }
}

function asking<R>({ platform, actor }: CommandContext, body: (db: Reader<Visible>) => Promise<R>): Promise<R> {
  return readAs<Visible, R>(platform, actor, body)
}

function doing<R>({ platform, actor }: CommandContext, body: (work: Work<Visible>) => Promise<R>): Promise<R> {
  return runWork<Visible, R>(platform, actor, body)
}

function numberOf(id: string): number {
  const number = parseBulletinNumber(id)
  if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', `"${id}" is not the number of a bulletin. Write it as CC-5001.`)
  return number
}

function contentFrom(fields: object): BulletinContent {
  const parsed = BulletinContent.safeParse(fields)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`)
  throw new Invalid('broadcast.draft.content', `This cannot be drafted. ${faults.join('; ')}.`)
}
