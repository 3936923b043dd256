import { Invalid, NotFound } from '../../../kernel/errors.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { jsonFrom } from '../../../platform/cli/json-file.ts'
import { readAs, type Reader } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { bulletinNumber, parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { saveAudience } from './commands.ts'
import { AudienceRule, parseTechnology, ruleFaults, ruleSentence, splitCodes } from './model.ts'
import { countAddresses, namesFor, resolveAudience, ruleOf, type Audience } from './queries.ts'
import type { BulletinRule } from './queries/checking.ts'
import { readFrozen } from './queries/late-joiners.ts'

/** The options that make a simple rule, as commander names their values. */
const RULE_OPTIONS = [
  'type',
  'region',
  'board',
  'technology',
  'organisation',
  'country',
  'exclude',
  'excludeType',
  'excludeRegion',
  'excludeBoard',
  'partners',
] as const

const audience: Command = {
  name: 'bulletins audience',
  summary: 'Show who a bulletin reaches; with options, set the rule first',
  arguments: [required('id', 'the bulletin, such as CC-5001')],
  options: [
    { flags: '--rule <file>', meaning: 'a rule as JSON, with and, or and not; - reads it from standard input' },
    { flags: '--type <type>', meaning: 'such as practice or trust', repeats: true },
    { flags: '--region <code>', meaning: 'such as Y56', repeats: true },
    { flags: '--board <code>', meaning: 'such as QMJ', repeats: true },
    { flags: '--technology <name>', meaning: 'a product or its maker (EMIS), or "Maker: Product: Version"; a version may be "< 3.2"', repeats: true },
    { flags: '--organisation <codes>', meaning: 'these too, whatever else is said', repeats: true },
    { flags: '--country <country>', meaning: 'such as England; every country when left out', repeats: true },
    { flags: '--exclude <codes>', meaning: 'never these organisations', repeats: true },
    { flags: '--exclude-type <type>', meaning: 'never this type', repeats: true },
    { flags: '--exclude-region <code>', meaning: 'never in this region', repeats: true },
    { flags: '--exclude-board <code>', meaning: 'never in this board', repeats: true },
    { flags: '--partners', meaning: 'and tell the IT delivery partners of those reached' },
    { flags: '--preview', meaning: 'show whom the rule would reach, and save nothing' },
  ],
  permission: 'broadcast.audience.view',
  async run({ platform, actor, output }, [id = ''], options) {
    const number = parseBulletinNumber(id)
    if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', `"${id}" is not the number of a bulletin. Write it as CC-5001.`)
    const given = await givenRule(options)
    if (given !== null && options['preview'] !== true)
      await runWork<Visible, void>(platform, actor, work => saveAudience(work, { number, rule: given }))
    const found = await readAs<Visible, Answer>(platform, actor, async db => {
      const bulletin = await bulletinOf(db, number)
      if (given === null && bulletin.releasedAt !== null) return frozen(db, number)
      const stored = await ruleOf(db, bulletin.id)
      return resolved(db, given === null ? stored : { ...stored, rule: given, isUnread: false })
    })
    const codes = found.organisations.map(({ code }) => code)
    const unreachable = found.organisations.filter(({ isReachable }) => !isReachable).map(({ code }) => code)
    if (found.problems.length > 0) output.say(found.problems.join('\n'))
    output.result(
      {
        organisations: codes,
        contacts: found.contacts,
        unreachable,
        hash: found.hash,
        ...(found.problems.length > 0 ? { problems: found.problems } : {}),
      },
      [
        `${bulletinNumber(number)}${found.addresses === null ? ', as it was frozen at its release' : ''}: ${found.sentence}`,
        `${count(codes.length, 'organisation')}, ${count(found.contacts, 'contact')} to be mailed${found.addresses === null ? '' : ` at ${count(found.addresses, 'address', 'addresses')}`}, ${count(unreachable.length, 'organisation')} that cannot be mailed.`,
        ...found.organisations
          .slice(0, SHOWN)
          .map(({ code, name, isReachable }) => `  ${code.padEnd(10)} ${name}${isReachable ? '' : '  (cannot be mailed)'}`),
        ...(codes.length > SHOWN ? [`  … and ${(codes.length - SHOWN).toLocaleString('en-GB')} more; --json gives every code.`] : []),
      ],
    )
  },
}

interface Answer extends Pick<Audience, 'contacts' | 'hash' | 'problems'> {
  readonly organisations: readonly { readonly code: string; readonly name: string; readonly isReachable: boolean }[]
  /** `null` for what was frozen: how many addresses they shared is not kept. */
  readonly addresses: number | null
  readonly sentence: string
}

async function resolved(db: Reader<Visible>, asked: BulletinRule): Promise<Answer> {
  const { organisations, contacts, hash, problems } = await resolveAudience(db, asked)
  return {
    organisations: organisations.map(({ code, name, reachable }) => ({ code, name, isReachable: reachable })),
    contacts,
    hash,
    problems,
    addresses: await countAddresses(db, asked),
    sentence: ruleSentence(asked.rule, await namesFor(db, asked.rule)),
  }
}

/** After the release nothing resolves the rule again: its audience is the one that was frozen. */
async function frozen(db: Reader<Visible>, number: number): Promise<Answer> {
  const { release, organisations } = await readFrozen(db, number)
  const { rule, contacts, audienceHash: hash } = release
  return { organisations, contacts, hash, problems: [], addresses: null, sentence: ruleSentence(rule, await namesFor(db, rule)) }
}

const SHOWN = 20

export const audienceCommands: readonly Command[] = [audience]

async function givenRule(options: Readonly<Record<string, unknown>>): Promise<AudienceRule | null> {
  const isSimple = RULE_OPTIONS.some(name => options[name] !== undefined)
  const file = options['rule']
  if (typeof file !== 'string') return isSimple ? parsed(simpleRule(options)) : null
  if (isSimple) throw new Invalid('broadcast.audience.two-rules', 'Give the rule in the file, or by options, not both.')
  return parsed(await jsonFrom(file))
}

function parsed(value: unknown): AudienceRule {
  const read = AudienceRule.safeParse(value)
  if (read.success) return read.data
  throw new Invalid(
    'broadcast.audience.rule',
    `This rule cannot be used. ${ruleFaults(read.error)
      .map(({ pointer, message }) => `${pointer || 'The rule'}: ${message}`)
      .join('; ')}.`,
  )
}

function simpleRule(options: Readonly<Record<string, unknown>>) {
  const many = (name: (typeof RULE_OPTIONS)[number]): readonly string[] => [options[name]].flat().filter(item => typeof item === 'string')
  const technology = many('technology').map(named => {
    const condition = parseTechnology(named)
    if (condition === undefined)
      throw new Invalid('broadcast.audience.technology', `"${named}" cannot be read. Write a product, or "Maker: Product: Version".`)
    return condition
  })
  const codes = (name: (typeof RULE_OPTIONS)[number]) => many(name).flatMap(splitCodes)
  return {
    types: codes('type'),
    regions: codes('region'),
    boards: codes('board'),
    technology,
    organisations: codes('organisation'),
    countries: many('country'),
    excluding: { types: codes('excludeType'), regions: codes('excludeRegion'), boards: codes('excludeBoard'), organisations: codes('exclude') },
    partners: options['partners'] === true,
  }
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en-GB')} ${number === 1 ? one : many}`
}
