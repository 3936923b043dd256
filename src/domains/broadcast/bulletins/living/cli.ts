import { Invalid, NotFound } from '../../../../kernel/errors.ts'
import { asText } from '../../../../kernel/text.ts'
import { required, type Command, type CommandContext, type CommandOption } from '../../../../platform/cli/command.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork, type Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { fieldsFrom } from '../cli-content.ts'
import { saveVersion } from '../commands.ts'
import { BulletinContent, bulletinNumber, parseBulletinNumber } from '../model.ts'
import { bulletinOf, revisionOf, versionOf } from '../queries.ts'
import { publishAlone, publishRevision, supersedeBulletin, withdrawBulletin, type Published } from './commands.ts'
import { reachOf, type Reach } from './queries.ts'

const ID = required('id', 'the bulletin, such as CC-5001')
const TELL: CommandOption = { flags: '--tell', meaning: 'it is material: everyone who got the bulletin is told' }
const REASON: CommandOption = { flags: '--reason <words>', meaning: 'why, for those who got it' }

const update: Command = {
  name: 'bulletins update',
  summary: 'Write the next version of a released bulletin, beside the one that readers see; then review, approve and publish it',
  arguments: [ID],
  options: [
    { flags: '--from-file <file>', meaning: 'a JSON file of the fields that change; the others stay as readers see them' },
    { flags: '--title <words>', meaning: 'what is new, in one line' },
    { flags: '--body <words>', meaning: 'more about what is new (Markdown)' },
    TELL,
    { flags: '--ask-again', meaning: 'ask those who answered to answer again; what they answered stands' },
  ],
  permission: 'broadcast.bulletin.draft',
  async run(context, [id = ''], options) {
    const number = numberOf(id)
    const title = asText(options['title'])
    if (title === '') throw new Invalid('broadcast.update.title', 'Say what is new in one line: --title WORDS.')
    const path = asText(options['fromFile'])
    const changed = path === '' ? {} : await fieldsFrom(path)
    const saved = await doing(context, async work => {
      const bulletin = await bulletinOf(work.db, number)
      const revision = await revisionOf(work.db, bulletin.id)
      const base = await versionOf(work.db, bulletin.id, revision?.version ?? bulletin.version)
      // What is begun says the severity of today, which may be younger than the text.
      const begun = revision === undefined ? { ...base.content, severity: bulletin.severity } : base.content
      const news = { title, body: asText(options['body']), isMaterial: options['tell'] === true, asksAgain: options['askAgain'] === true }
      const parsed = BulletinContent.safeParse({ ...begun, ...changed, news })
      if (!parsed.success)
        throw new Invalid('broadcast.draft.content', parsed.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`).join('; '))
      return saveVersion(work, { number, baseVersion: base.version, content: parsed.data })
    })
    context.output.result({ number: bulletinNumber(number), version: saved.version, state: 'draft' }, [
      `Version ${saved.version} of ${bulletinNumber(number)} is saved. Readers see nothing of it yet.`,
      `Next: "carecert bulletins review ${bulletinNumber(number)}", and after its approval "carecert bulletins publish ${bulletinNumber(number)}".`,
    ])
  },
}

const publish: Command = {
  name: 'bulletins publish',
  summary: 'Publish the approved next version of a released bulletin; only a material one tells people again',
  arguments: [ID],
  options: [{ flags: '--alone <reason>', meaning: 'in an emergency: publish what nobody else approved, and why; somebody else reviews it after' }],
  permission: 'broadcast.bulletin.release',
  async run(context, [id = ''], options) {
    const number = numberOf(id)
    const reason = asText(options['alone'])
    const { version, isMaterial, reach } = await readAs<Visible, { version: number; isMaterial: boolean; reach: Reach }>(
      context.platform,
      context.actor,
      async db => {
        const bulletin = await bulletinOf(db, number)
        const revision = await revisionOf(db, bulletin.id)
        const next = await versionOf(db, bulletin.id, revision?.version ?? bulletin.version)
        return { version: next.version, isMaterial: next.content.news?.isMaterial === true, reach: await reachOf(db, bulletin.id) }
      },
    )
    const tells = isMaterial ? `tell ${contactsIn(reach)}` : 'tell nobody'
    await confirm(context, `Publish version ${version} of ${bulletinNumber(number)} and ${tells}?`, 'published')
    const { baseUrl } = context.platform.config
    const done = await doing(context, work =>
      reason === '' ? publishRevision(work, { number, version, baseUrl }) : publishAlone(work, { number, version, reason, baseUrl }),
    )
    context.output.result({ number: bulletinNumber(number), ...done } satisfies Published & { number: string }, [
      `Version ${done.version} of ${bulletinNumber(number)} is what readers see. ${done.told.toLocaleString('en-GB')} contacts are told.`,
    ])
  },
}

const supersede: Command = {
  name: 'bulletins supersede',
  summary: 'Replace a released bulletin by another that is live; its readers are led to the new one',
  arguments: [ID, required('by', 'the bulletin that replaces it')],
  options: [REASON, TELL],
  permission: 'broadcast.bulletin.withdraw',
  async run(context, [id = '', other = ''], options) {
    const [number, by] = [numberOf(id), numberOf(other)]
    await confirm(context, `Replace ${bulletinNumber(number)} by ${bulletinNumber(by)}?`, 'replaced')
    await doing(context, work => supersedeBulletin(work, { number, by, reason: asText(options['reason']), tells: tellsOf(context, options) }))
    context.output.result({ number: bulletinNumber(number), by: bulletinNumber(by), state: 'withdrawn' }, [
      `${bulletinNumber(number)} is replaced by ${bulletinNumber(by)}. The record is kept.`,
    ])
  },
}

const withdraw: Command = {
  name: 'bulletins withdraw',
  summary: 'Withdraw a released bulletin; the record is kept, and nothing more is sent',
  arguments: [ID],
  options: [REASON, TELL],
  permission: 'broadcast.bulletin.withdraw',
  async run(context, [id = ''], options) {
    const number = numberOf(id)
    const bulletin = await readAs(context.platform, context.actor, db => bulletinOf(db, number))
    await confirm(context, `Withdraw ${bulletinNumber(number)} "${bulletin.title}"?`, 'withdrawn')
    await doing(context, work => withdrawBulletin(work, { number, reason: asText(options['reason']), tells: tellsOf(context, options) }))
    context.output.result({ number: bulletinNumber(number), version: bulletin.version, state: 'withdrawn' }, [
      `${bulletinNumber(number)} is withdrawn. The record is kept.`,
    ])
  },
}

export const livingCommands: readonly Command[] = [update, publish, supersede, withdraw]

function tellsOf({ platform }: CommandContext, options: Readonly<Record<string, unknown>>) {
  return options['tell'] === true ? { baseUrl: platform.config.baseUrl } : null
}

async function confirm({ output }: CommandContext, question: string, done: string): Promise<void> {
  if (!(await output.confirm(question))) throw new Invalid(`broadcast.${done}.not-confirmed`, `Nothing was ${done}. Answer yes, or give --yes.`)
}

function contactsIn({ contacts, organisations }: Reach): string {
  return `${contacts.toLocaleString('en-GB')} contacts of ${organisations.toLocaleString('en-GB')} organisations`
}

function doing<R>({ platform, actor }: CommandContext, body: (work: Work<Visible>) => Promise<R>): Promise<R> {
  return runWork<Visible, R>(platform, actor, body)
}

function numberOf(id: string): number {
  const number = parseBulletinNumber(id)
  if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', `"${id}" is not the number of a bulletin. Write it as CC-5001.`)
  return number
}
