import { Invalid, NotFound } from '../../../../kernel/errors.ts'
import { parseLocalDate } from '../../../../kernel/instant.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { parseTlp, TLP, type Tlp } from '../../../../kernel/tlp.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import type { Field, TableModel } from '../../../../ui/models.ts'
import type { Visible } from '../../tables.ts'
import { clearanceOverrides, typeClearances, type ClearanceOverride, type TypeClearance } from '../queries/clearances.ts'
import { setClearance } from './commands.ts'

const show = route({
  method: 'GET',
  path: '/clearances',
  access: { permission: 'broadcast.audience.view' },
  handle: request => clearancePage(request, [], {}),
})

const set = route({
  method: 'POST',
  path: '/clearances',
  access: { permission: 'broadcast.clearance.set' },
  async handle(request) {
    const text = (name: string) => (typeof request.body[name] === 'string' ? request.body[name] : '')
    const typed = { code: text('code'), tlp: text('tlp'), reason: text('reason') }
    const label: Tlp | null | undefined = typed.tlp === 'type' ? null : parseTlp(typed.tlp)
    try {
      if (label === undefined) throw new Invalid('broadcast.clearance.label', 'Choose one of the labels.')
      await request.work<Visible, void>(work => setClearance(work, { code: typed.code, tlp: label, reason: typed.reason }))
    } catch (error) {
      if (!(error instanceof Invalid || error instanceof NotFound)) throw error
      const pointer = error.code === 'broadcast.clearance.reason' ? 'reason' : error.code === 'broadcast.clearance.label' ? 'tlp' : 'code'
      return clearancePage(request, [{ rule: error.code, pointer, severity: 'error', message: error.message }], typed)
    }
    return redirect('/clearances', { notice: 'Saved. It holds for what is released from now on.' })
  },
})

export const clearanceRoutes: readonly Route[] = [show, set]

async function clearancePage(
  request: Pick<RouteRequest, 'read' | 'actor'>,
  problems: readonly Problem[],
  typed: Readonly<Record<string, string>>,
): Promise<Reply> {
  const { types, overrides } = await request.read<Visible, { types: readonly TypeClearance[]; overrides: readonly ClearanceOverride[] }>(
    async db => ({
      types: await typeClearances(db),
      overrides: await clearanceOverrides(db),
    }),
  )
  const typeTable: TableModel = {
    caption: 'By type of organisation',
    head: [{ text: 'Type' }, { text: 'May be told up to' }, { text: 'Since' }, { text: 'Who decided so' }],
    rows: types.map(({ plural, tlp, since, source }) => [
      plural,
      { tlp: tlp ?? 'CLEAR' },
      { date: since === null ? null : parseLocalDate(since) },
      source,
    ]),
  }
  const overrideTable: TableModel = {
    caption: 'Organisations that differ from their type',
    head: [{ text: 'Organisation' }, { text: 'May be told up to' }, { text: 'Why' }, { text: 'Since' }],
    rows: overrides.map(({ code, name, tlp, reason, at, by }) => [
      { text: name, href: `/organisations/${encodeURIComponent(code)}`, hint: code },
      { tlp },
      { text: reason, hint: by ?? 'The operator of this machine' },
      { at },
    ]),
  }
  const errorOf = (name: string) => problems.find(({ pointer }) => pointer === name)?.message
  const fields: readonly Field[] = [
    { name: 'code', label: 'Organisation', kind: 'text', width: 10, hint: 'Its ODS code.', value: typed['code'], error: errorOf('code') },
    {
      name: 'tlp',
      label: 'It may be told up to',
      kind: 'select',
      value: typed['tlp'] ?? 'GREEN',
      error: errorOf('tlp'),
      options: [...TLP.map(value => ({ value, text: `TLP:${value}` })), { value: 'type', text: 'What others of its type are told' }],
    },
    { name: 'reason', label: 'Why', kind: 'textarea', rows: 3, value: typed['reason'], error: errorOf('reason') },
  ]
  const model = {
    typeTable,
    overrideTable,
    hasOverrides: overrides.length > 0,
    fields: may(request.actor, 'broadcast.clearance.set') ? fields : null,
  }
  return page('broadcast/audience/clearance/views/show.njk', 'Who may be told what', model, { problems })
}
