import { Invalid, NotFound } from '../../../kernel/errors.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { bulletinNumber, parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { saveAudience } from './commands.ts'
import { AudienceRule, parseTechnology, ruleSentence, splitCodes, type RuleNames } from './model.ts'
import { namesFor, resolveAudience, ruleOf, type Audience } from './queries.ts'

/** The options that make a rule, as commander names their values. */
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
] as const

const audience: Command = {
  name: 'bulletins audience',
  summary: 'Show who a bulletin reaches; with options, set the rule first',
  arguments: [required('id', 'the bulletin, such as CC-5001')],
  options: [
    { flags: '--type <type>', meaning: 'such as practice or trust', repeats: true },
    { flags: '--region <code>', meaning: 'such as Y56', repeats: true },
    { flags: '--board <code>', meaning: 'such as QMJ', repeats: true },
    { flags: '--technology <name>', meaning: 'a product or its maker (EMIS), or "Maker: Product: Version"', repeats: true },
    { flags: '--organisation <codes>', meaning: 'these too, whatever else is said', repeats: true },
    { flags: '--country <country>', meaning: 'such as England; every country when left out', repeats: true },
    { flags: '--exclude <codes>', meaning: 'never these organisations', repeats: true },
    { flags: '--exclude-type <type>', meaning: 'never this type', repeats: true },
    { flags: '--exclude-region <code>', meaning: 'never in this region', repeats: true },
    { flags: '--exclude-board <code>', meaning: 'never in this board', repeats: true },
    { flags: '--preview', meaning: 'show whom the rule would reach, and save nothing' },
  ],
  permission: 'broadcast.audience.view',
  async run({ platform, actor, output }, [id = ''], options) {
    const number = parseBulletinNumber(id)
    if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', `"${id}" is not the number of a bulletin. Write it as CC-5001.`)
    const given = RULE_OPTIONS.some(name => options[name] !== undefined) ? ruleFrom(options) : null
    if (given !== null && options['preview'] !== true)
      await runWork<Visible, void>(platform, actor, work => saveAudience(work, { number, rule: given }))
    const { found, rule, names } = await readAs<Visible, { found: Audience; rule: AudienceRule; names: RuleNames }>(platform, actor, async db => {
      const bulletin = await bulletinOf(db, number)
      const asked = given ?? (await ruleOf(db, bulletin.id))
      return { found: await resolveAudience(db, asked), rule: asked, names: await namesFor(db, asked) }
    })
    const codes = found.organisations.map(({ code }) => code)
    if (found.problems.length > 0) output.say(found.problems.join('\n'))
    output.result(
      {
        organisations: codes,
        contacts: found.contacts,
        unreachable: found.unreachable,
        hash: found.hash,
        ...(found.problems.length > 0 ? { problems: found.problems } : {}),
      },
      [
        `${bulletinNumber(number)}: ${ruleSentence(rule, names)}`,
        `${codes.length.toLocaleString('en-GB')} organisations, ${found.contacts.toLocaleString('en-GB')} contacts to be mailed, ${found.unreachable.length.toLocaleString('en-GB')} organisations that cannot be mailed.`,
        ...found.organisations
          .slice(0, SHOWN)
          .map(({ code, name, contacts }) => `  ${code.padEnd(10)} ${name}${contacts === 0 ? '  (cannot be mailed)' : ''}`),
        ...(codes.length > SHOWN ? [`  … and ${(codes.length - SHOWN).toLocaleString('en-GB')} more; --json gives every code.`] : []),
      ],
    )
  },
}

const SHOWN = 20

export const audienceCommands: readonly Command[] = [audience]

function ruleFrom(options: Readonly<Record<string, unknown>>): AudienceRule {
  const many = (name: (typeof RULE_OPTIONS)[number]): readonly string[] => {
    const value = options[name]
    return [value].flat().filter(item => typeof item === 'string')
  }
  const technology = many('technology').map(text => {
    const condition = parseTechnology(text)
    if (condition === undefined)
      throw new Invalid('broadcast.audience.technology', `"${text}" cannot be read. Write a product, or "Maker: Product: Version".`)
    return condition
  })
  const codes = (name: (typeof RULE_OPTIONS)[number]) => many(name).flatMap(splitCodes)
  const parsed = AudienceRule.safeParse({
    types: codes('type'),
    regions: codes('region'),
    boards: codes('board'),
    technology,
    organisations: codes('organisation'),
    ...(many('country').length > 0 ? { countries: many('country') } : {}),
    excluding: { types: codes('excludeType'), regions: codes('excludeRegion'), boards: codes('excludeBoard'), organisations: codes('exclude') },
  })
  if (parsed.success) return parsed.data
  throw new Invalid(
    'broadcast.audience.rule',
    `This rule cannot be used. ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}.`,
  )
}
