/**
 * Writes an OSCAL plan of action and milestones (NIST, release 1.1.2; the members used are the same in 1.2) as a value for JSON. A `poam-item` has no dates of its own
 * (usnistgov/OSCAL#2110): they stand in `props` under `NAMESPACE`, and as the deadline of its risk and the milestones of its remediation, where OSCAL has a place.
 */

/** The namespace of our own properties: a name, no address. */
export const NAMESPACE = 'urn:carecert:oscal:plan:1'

const OSCAL_VERSION = '1.1.2'

export interface PlanDocument {
  /** Makes the document's identifiers: the same name gives the same UUID of version 4 or 5, as OSCAL asks. */
  readonly uuid: (name: string) => string
  readonly title: string
  /** RFC 3339, as all instants here. */
  readonly lastModified: string
  readonly version: string
  readonly organisation: string
  readonly props: readonly PlanProperty[]
  readonly actions: readonly PlanAction[]
}

export interface PlanProperty {
  /** A token: letters, digits and hyphens. */
  readonly name: string
  readonly value: string
}

export interface PlanAction {
  readonly id: string
  readonly title: string
  readonly text: string
  readonly status: 'open' | 'remediating' | 'deviation-approved' | 'closed'
  readonly isCompleted: boolean
  /** The end of the day by which it is to be done; `null` without a date. */
  readonly deadline: string | null
  readonly milestones: readonly { readonly name: string; readonly title: string; readonly at: string; readonly text: string }[]
  readonly props: readonly PlanProperty[]
}

/** The document. A list or property that is empty is left out, for OSCAL takes none. An empty plan has one item that says so: OSCAL asks for at least one. */
export function writePlan(plan: PlanDocument) {
  const { uuid, actions } = plan
  const organisation = uuid('organisation')
  const items =
    actions.length === 0 ? [{ uuid: uuid('nothing'), title: 'Nothing is planned', description: 'The plan holds no action.' }] : actions.map(itemOf)
  return {
    'plan-of-action-and-milestones': {
      uuid: uuid('document'),
      metadata: {
        title: line(plan.title),
        'last-modified': plan.lastModified,
        version: plan.version,
        'oscal-version': OSCAL_VERSION,
        ...propsOf(plan.props),
        parties: [{ uuid: organisation, type: 'organization', name: line(plan.organisation) }],
      },
      'system-id': { 'identifier-type': 'http://ietf.org/rfc/rfc4122', id: organisation },
      ...(actions.length === 0 ? {} : { risks: actions.map(riskOf) }),
      'poam-items': items,
    },
  }

  function itemOf(action: PlanAction) {
    return {
      uuid: uuid(`item ${action.id}`),
      title: line(action.title),
      description: action.text || line(action.title),
      ...propsOf(action.props),
      'related-risks': [{ 'risk-uuid': uuid(`risk ${action.id}`) }],
    }
  }

  function riskOf(action: PlanAction) {
    const tasks = action.milestones.map(({ name, title, at, text }) => ({
      uuid: uuid(`task ${action.id} ${name}`),
      type: 'milestone',
      title: line(title),
      ...(text === '' ? {} : { description: text }),
      timing: { 'on-date': { date: at } },
    }))
    return {
      uuid: uuid(`risk ${action.id}`),
      title: line(action.title),
      description: action.text || line(action.title),
      statement: action.text || line(action.title),
      status: action.status,
      ...(action.deadline === null ? {} : { deadline: action.deadline }),
      remediations: [
        {
          uuid: uuid(`remediation ${action.id}`),
          lifecycle: action.isCompleted ? 'completed' : 'planned',
          title: line(action.title),
          description: action.text || line(action.title),
          ...(tasks.length === 0 ? {} : { tasks }),
        },
      ],
    }
  }
}

function propsOf(props: readonly PlanProperty[]) {
  const said = props.flatMap(({ name, value }) => (line(value) === '' ? [] : [{ name, ns: NAMESPACE, value: line(value) }]))
  return said.length === 0 ? {} : { props: said }
}

/** OSCAL's single-line texts: no line ends, nothing blank at the ends. */
function line(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
