import { Conflict, Forbidden, Invalid, NotFound } from '../../../../kernel/errors.ts'
import { londonDate, type LocalDate } from '../../../../kernel/instant.ts'
import { digest } from '../../../../platform/audit/record.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { canApproveTemplate } from '../../policy.ts'
import { reasonFrom } from '../../reason.ts'
import type { Visible } from '../../tables.ts'
import { TemplateWords, type HoldingTemplate } from './model.ts'
import { allTemplates } from './queries.ts'

/** Saves a version of a template, or the first one of a new template (`code` is `null`). It can be used once another person has approved it. */
export async function saveTemplate(
  work: Work<Visible>,
  input: { readonly code: string | null; readonly words: TemplateWords },
): Promise<{ readonly code: string; readonly version: number }> {
  assertMay(work.actor, 'broadcast.template.write')
  const words = TemplateWords.parse(input.words)
  const all = await allTemplates(work.db)
  const code = input.code ?? codeFor(words.name)
  const newest = all.find(template => template.code === code)
  if (input.code !== null && newest === undefined) throw noTemplate()
  if (input.code === null && (newest !== undefined || code === ''))
    throw new Conflict('broadcast.template.name', 'There is a template of that name. Give this one another name, or write a version of that one.')
  const version = (newest?.version ?? 0) + 1
  await work.db
    .insertInto('broadcast_holding_template')
    .values({
      code,
      version,
      name: words.name,
      title: words.title,
      what: words.what,
      to_do: words.toDo,
      effective_from: null,
      effective_to: null,
      saved_by: work.actor.id,
      saved_at: work.now,
      approved_by: null,
      approved_at: null,
    })
    .execute()
  work.record({ verb: 'broadcast.template.saved', subject: subjectOf(code), change: { version, words: hashOf(words) } })
  return { code, version }
}

/** Approves that version of a template, for use from a day on. Throws `Forbidden` for its author, `Conflict` when there is a newer one. */
export async function approveTemplate(
  work: Work<Visible>,
  input: { readonly code: string; readonly version: number; readonly effectiveFrom: LocalDate },
): Promise<void> {
  const template = await newestOf(work, input.code)
  const decision = canApproveTemplate(work.actor, template)
  if (!decision.ok) throw new Forbidden(decision.code, decision.reason)
  if (template.version !== input.version)
    throw new Conflict('broadcast.template.newer', `Version ${template.version} was saved meanwhile. Read it, then decide again.`)
  if (template.isApproved) throw new Conflict('broadcast.template.approved', 'This version is approved already.')
  if (input.effectiveFrom < londonDate(work.now)) throw new Invalid('broadcast.template.from', 'Choose today or a later day.')
  await work.db
    .updateTable('broadcast_holding_template')
    .set({ approved_by: work.actor.id, approved_at: work.now, effective_from: input.effectiveFrom })
    .where('code', '=', input.code)
    .where('version', '=', input.version)
    .execute()
  work.record({
    verb: 'broadcast.template.approved',
    subject: subjectOf(input.code),
    change: { version: input.version, words: hashOf(template), from: input.effectiveFrom },
  })
}

/** Ends every approved version of a template from today on: nobody can release by it until another version is approved. */
export async function endTemplate(work: Work<Visible>, input: { readonly code: string; readonly reason: string }): Promise<void> {
  assertMay(work.actor, 'broadcast.template.approve')
  await newestOf(work, input.code)
  const reason = reasonFrom(input.reason)
  await work.db
    .updateTable('broadcast_holding_template')
    .set({ effective_to: londonDate(work.now) })
    .where('code', '=', input.code)
    .where('approved_at', 'is not', null)
    .where('effective_to', 'is', null)
    .execute()
  work.record({ verb: 'broadcast.template.ended', subject: subjectOf(input.code), reason })
}

async function newestOf(work: Work<Visible>, code: string): Promise<HoldingTemplate> {
  const template = (await allTemplates(work.db)).find(known => known.code === code)
  if (template === undefined) throw noTemplate()
  return template
}

function noTemplate(): NotFound {
  return new NotFound('broadcast.template.not-found', 'There is no such template. Choose one from the list.')
}

function codeFor(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60)
}

function hashOf({ name, title, what, toDo }: TemplateWords): string {
  return digest(JSON.stringify([name, title, what, toDo]))
}

function subjectOf(code: string) {
  return { kind: 'holding-template', id: code }
}
