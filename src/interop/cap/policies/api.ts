import { z } from 'zod'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { capPolicies } from '../queries.ts'
import type { CapTables } from '../tables.ts'
import { setCapPolicy } from './commands.ts'
import { CAP_SEVERITIES, policyForm, SEVERITIES } from './fields.ts'
import { POLICIES } from './views.ts'

const path = `/api/v1${POLICIES}`
const Policies = z.object({
  items: z.array(
    z.object({
      severity: z.enum(SEVERITIES),
      isUrgent: z.boolean().describe('Whether alerts are made of bulletins with that severity'),
      urgency: z.string().describe('In the words of CAP 1.2'),
      capSeverity: z.enum(CAP_SEVERITIES),
      effectiveFrom: z.string(),
      source: z.string().describe('Who decided so'),
    }),
  ),
})

async function answer(db: Pick<Reader<CapTables>, 'selectFrom'>): Promise<z.input<typeof Policies>> {
  return { items: [...(await capPolicies(db))] }
}

const list = operation({
  id: 'listCapPolicies',
  summary: 'List of which bulletins urgent alerts are made',
  method: 'GET',
  path,
  page: `GET ${POLICIES}`,
  access: { permission: 'interop.cap-policy.view' },
  answer: Policies,
  read: (db: Reader<CapTables>) => answer(db),
})

const add = operation({
  id: 'setCapPolicy',
  summary: 'Set of which bulletins urgent alerts are made, from a day on',
  method: 'POST',
  path,
  page: `POST ${POLICIES}/add`,
  access: { permission: 'interop.cap-policy.set' },
  status: 201,
  body: policyForm.extend({ isUrgent: z.boolean() }),
  answer: Policies,
  async write(work: Work<CapTables>, { body }) {
    await setCapPolicy(work, body)
    return answer(work.db)
  },
})

export const policyOperations: readonly Route[] = [list, add]
