import { randomUUID } from 'node:crypto'
import { Invalid } from '../../../../kernel/errors.ts'
import { londonDate } from '../../../../kernel/instant.ts'
import { TLP } from '../../../../kernel/tlp.ts'
import { required, type Command } from '../../../../platform/cli/command.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork } from '../../../../platform/work/work.ts'
import { AudienceRule, EMPTY_RULE } from '../../audience/model.ts'
import { audienceChoices, suggestRule, summariseAudience, type AudienceSummary } from '../../audience/queries.ts'
import { releaseHoldingStatement, type HoldingReleased } from '../../release-holding.ts'
import type { Visible } from '../../tables.ts'
import { bulletinNumber, SEVERITIES } from '../model.ts'
import { HoldingInput } from './model.ts'
import { templatesInForce, type KeptTemplate } from './queries.ts'

const holding: Command = {
  name: 'bulletins holding',
  summary: 'Release a holding statement: a template that others approved, and your words in it',
  arguments: [required('template', 'the code of the template, such as looking-into')],
  options: [
    { flags: '--what <words>', meaning: 'what has happened' },
    { flags: '--who <words>', meaning: 'whom it may concern' },
    { flags: '--do <words>', meaning: 'what to do now' },
    { flags: '--severity <severity>', meaning: 'how severe (high)', choices: SEVERITIES },
    { flags: '--tlp <label>', meaning: 'its TLP label (GREEN)', choices: TLP },
    { flags: '--threat <id>', meaning: 'the threat that it is about; without --type those who run it get it' },
    { flags: '--type <code>', meaning: 'a type of organisation that gets it; without --threat and --type everyone does', repeats: true },
    { flags: '--audience <name>', meaning: 'a saved audience that gets it' },
    { flags: '--hash <hash>', meaning: 'the audience that was looked at: refuse when it is another' },
    { flags: '--exercise', meaning: 'every page and message about it says that it is an exercise' },
  ],
  permission: 'broadcast.bulletin.release-holding',
  async run({ platform, actor, output }, [code = ''], options) {
    const text = (name: string) => (typeof options[name] === 'string' ? options[name] : '')
    const words = HoldingInput.safeParse({
      what: text('what'),
      who: text('who'),
      do: text('do'),
      severity: text('severity') || 'high',
      tlp: text('tlp') || 'GREEN',
    })
    if (!words.success)
      throw new Invalid('broadcast.holding.words', words.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('; '))
    const threatId = text('threat') || null
    const types = Array.isArray(options['type']) ? options['type'].map(String) : []
    const found = await readAs<Visible, { template: KeptTemplate | undefined; known: string; rule: AudienceRule; audience: AudienceSummary }>(
      platform,
      actor,
      async db => {
        const templates = await templatesInForce(db, londonDate(platform.clock.now()))
        const rule =
          text('audience') !== ''
            ? AudienceRule.parse({ ...EMPTY_RULE, match: { is: 'saved', audience: text('audience') } })
            : types.length === 0 && threatId !== null
              ? await suggestRule(db, threatId)
              : AudienceRule.parse({
                  ...EMPTY_RULE,
                  match: { is: 'type', of: types.length > 0 ? types : (await audienceChoices(db)).types.map(type => type.code) },
                })
        return {
          template: templates.find(template => template.code === code),
          known: templates.map(template => template.code).join(', '),
          rule,
          audience: await summariseAudience(db, { rule, tlp: words.data.tlp, sharingGroup: null }),
        }
      },
    )
    const { template, known, rule, audience } = found
    if (template === undefined)
      throw new Invalid(
        'broadcast.holding.template',
        `No template "${code}" is in force.${known === '' ? ' Have one approved first.' : ` There are: ${known}.`}`,
      )
    const to = `${audience.organisations.toLocaleString('en-GB')} ${audience.organisations === 1 ? 'organisation' : 'organisations'}`
    if (audience.organisations > 0 && !(await output.confirm(`Release it to ${to}?`)))
      throw new Invalid('broadcast.release.not-confirmed', 'Nothing was released. Answer yes, or give --yes.')
    const { number, released } = await runWork<Visible, HoldingReleased>(platform, actor, work =>
      releaseHoldingStatement(work, {
        template,
        words: words.data,
        rule,
        audienceHash: text('hash') || audience.hash,
        threatId,
        isExercise: options['exercise'] === true,
        request: randomUUID(),
        baseUrl: platform.config.baseUrl,
      }),
    )
    output.result(
      {
        number: bulletinNumber(number),
        organisations: released?.organisations ?? 0,
        contacts: released?.contacts ?? 0,
        unreachable: released?.unreachable ?? 0,
        hash: audience.hash,
      },
      [
        `${bulletinNumber(number)} is released to ${to} as a holding statement. Write the full version next: "carecert bulletins update ${bulletinNumber(number)}".`,
      ],
    )
  },
}

export const holdingCommands: readonly Command[] = [holding]
