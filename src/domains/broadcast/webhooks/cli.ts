import { Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { parseInstant, type Instant } from '../../../kernel/instant.ts'
import { required, type Command } from '../../../platform/cli/command.ts'
import { readForm } from '../../../platform/forms/form.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { SEVERITIES } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { addWebhook, replayMessages, testWebhook } from './commands.ts'
import { addWebhookForm } from './fields.ts'
import { EVENT_TYPES, WEBHOOK_KINDS } from './model.ts'
import { centreOrganisation, listWebhooks, type Webhook } from './queries.ts'
import { webhookJson } from './views.ts'

const id = required('id', 'the webhook, as "webhooks list" shows it')

const list: Command = {
  name: 'webhooks list',
  summary: 'Show the webhooks: the centre’s, or with --as those of that person’s organisation',
  arguments: [],
  options: [],
  permission: 'broadcast.webhook.view',
  async run({ platform, actor, output }) {
    const found = await readAs<Visible, readonly Webhook[]>(platform, actor, db => listWebhooks(db))
    const rows = found.map(webhook => webhookJson(webhook, platform.clock.now()))
    output.result(
      rows,
      rows.length === 0
        ? ['No webhooks yet.']
        : rows.map(row => `${row.id}  ${row.health}  ${row.name}  ${row.host}  ${row.waiting} waiting, ${row.givenUp} given up`),
    )
  },
}

const add: Command = {
  name: 'webhooks add',
  summary: 'Add a webhook, and print its secret once',
  arguments: [required('address', 'where it is sent: a whole address with https')],
  options: [
    { flags: '--name <name>', meaning: 'what people call it' },
    { flags: '--kind <kind>', meaning: 'how it is signed, or teams for a channel of Microsoft Teams', choices: WEBHOOK_KINDS },
    { flags: '--event <type>', meaning: 'what it is told of: all without it', repeats: true, choices: EVENT_TYPES },
    { flags: '--severity <severity>', meaning: 'the least severity of a bulletin that it is told of', choices: SEVERITIES },
    { flags: '--exercises', meaning: 'exercises too' },
  ],
  permission: 'broadcast.webhook.change',
  async run({ platform, actor, output }, [address = ''], options) {
    const form = readForm(addWebhookForm, {
      address,
      name: options['name'] ?? 'Webhook',
      kind: options['kind'] ?? 'hmac',
      events: options['event'] ?? [...EVENT_TYPES],
      leastSeverity: options['severity'] ?? 'information',
      takesExercises: options['exercises'] === true ? 'yes' : '',
    })
    if (!form.ok) throw new Invalid('broadcast.webhook.refused', form.problems.map(problem => `${problem.message}.`).join(' '))
    const organisationId = actor.organisationId ?? (await readAs<Visible, Id<'organisation'> | undefined>(platform, actor, centreOrganisation))
    if (organisationId === undefined)
      throw new NotFound('broadcast.webhook.no-centre', 'The directory has no cyber centre yet. Add it, or act for an organisation with --as.')
    const added = await runWork<Visible, Awaited<ReturnType<typeof addWebhook>>>(platform, actor, work =>
      addWebhook(work, platform.signer, platform.config.webhookAllowPrivate, { ...form.value, organisationId }),
    )
    const { secret = null, publicKey = null } = added.secret ?? {}
    const shown = publicKey ?? secret
    output.result({ id: added.id, ...(publicKey === null ? { secret } : { publicKey }) }, [
      `${added.id} is added.`,
      ...(shown === null ? [] : [publicKey === null ? 'Its secret, shown once:' : 'Its public key:', shown]),
    ])
  },
}

const test: Command = {
  name: 'webhooks test',
  summary: 'Send a test to a webhook; a worker carries it out',
  arguments: [id],
  options: [],
  permission: 'broadcast.webhook.change',
  async run({ platform, actor, output }, [webhookId = '']) {
    await runWork<Visible, void>(platform, actor, work => testWebhook(work, webhookId))
    output.result({ id: webhookId, queued: 1 }, ['A test is on its way. The log of the webhook says what the receiver answers.'])
  },
}

const replay: Command = {
  name: 'webhooks replay',
  summary: 'Send messages of a webhook again: one, or those of some time',
  arguments: [id],
  options: [
    { flags: '--message <message>', meaning: 'one message, by its id' },
    { flags: '--from <time>', meaning: 'those that happened from then on, such as 2026-11-20T09:00:00Z' },
    { flags: '--until <time>', meaning: 'and before then; until now without it' },
    { flags: '--all', meaning: 'those that were accepted too, not only those given up' },
  ],
  permission: 'broadcast.webhook.change',
  async run({ platform, actor, output }, [webhookId = ''], options) {
    const { message } = options
    const what =
      typeof message === 'string'
        ? { messageId: message }
        : {
            from: timeOf(options['from'], '--from'),
            until: options['until'] === undefined ? platform.clock.now() : timeOf(options['until'], '--until'),
            which: options['all'] === true ? ('all' as const) : ('given-up' as const),
          }
    const queued = await runWork<Visible, number>(platform, actor, work => replayMessages(work, webhookId, what))
    output.result({ id: webhookId, queued }, [
      queued === 0 ? 'There was nothing to send again.' : `${queued} to be sent again, each under its own id.`,
    ])
  },
}

function timeOf(value: unknown, flag: string): Instant {
  const at = typeof value === 'string' ? parseInstant(value) : undefined
  if (at === undefined)
    throw new Invalid('broadcast.webhook.time', `Give ${flag} as a time such as 2026-11-20T09:00:00Z, or name one message with --message.`)
  return at
}

export const webhookCommands: readonly Command[] = [list, add, test, replay]
