import type { ShippedFramework, ShippedGroup, ShippedOutcome } from './shape.ts'

interface Lists {
  readonly ready: readonly string[]
  readonly conditions: readonly string[]
  readonly stop: readonly string[]
}

/** What is decided at a gate, and the evidence that is expected for it. */
function decide(code: string, title: string, evidence: string, lists: Lists): ShippedOutcome {
  return {
    code,
    title,
    description: `Evidence expected: ${evidence}`,
    lists: { ready: lists.ready, 'with-conditions': lists.conditions, 'not-ready': lists.stop },
  }
}

const GROUPS: readonly ShippedGroup[] = [
  {
    code: 'G1',
    title: 'Gate 1: the idea',
    description: 'Before money is spent: what is it for, and what could go wrong?',
    outcomes: [
      decide('G1.a', 'Purpose and harm', 'a page that says what the service is for, whom its failure would harm, and how soon.', {
        ready: [
          'It is written down who depends on the service and what happens to them when it stops for an hour, a day and a week.',
          'The worst misuse of it that we can think of is written down too.',
        ],
        conditions: ['Harm from its stopping is described, and misuse will be before options are chosen, by a named person.'],
        stop: ['Nobody has asked what happens when the service stops or is misused.'],
      }),
      decide('G1.b', 'An owner', 'the name, in the minutes of the body that decides.', {
        ready: [
          'One senior person owns the service and its risk, for as long as it runs, and has accepted that in writing.',
          'Money and people for its security are in the outline of costs, for running it as well as for building it.',
        ],
        conditions: ['An owner is named, and the costs of its security come with the business case.'],
        stop: ['The service has no owner beyond the project.'],
      }),
    ],
  },
  {
    code: 'G2',
    title: 'Gate 2: options and buying',
    description: 'What is asked of suppliers now cannot be asked later.',
    outcomes: [
      decide('G2.a', 'Security is asked for', 'the requirements, and how bids are scored on them.', {
        ready: [
          'The requirements say what the service must withstand, how soon it must be mended, and how long it is supported.',
          'Bids are scored on them, and one that fails the essential ones is left out.',
        ],
        conditions: ['The requirements are written, and their scoring is agreed before bids are opened.'],
        stop: ['The choice is made on function and price alone.'],
      }),
      decide('G2.b', 'The supplier can be trusted with it', 'the contract, and the supplier’s own proof.', {
        ready: [
          'The contract gives us notice of incidents within a stated time, the right to look, and our data back at the end.',
          'The supplier has shown proof of its own security that somebody independent has looked at.',
          'We know on which others the supplier depends.',
        ],
        conditions: ['The contract holds these terms, and the proof is due by a date before go-live.'],
        stop: ['The supplier refuses to tell us of incidents, or will not say where our data is.'],
      }),
    ],
  },
  {
    code: 'G3',
    title: 'Gate 3: design',
    description: 'Cheap to change on paper.',
    outcomes: [
      decide('G3.a', 'Threats are thought through', 'the threat model, with who took part and when.', {
        ready: [
          'People who build, run and use the service have gone through how it could be attacked, and each answer is in the design.',
          'Each connection to another system is known, has a reason, and can be cut without stopping care.',
        ],
        conditions: ['The main ways of attack are answered in the design; those that are left have an owner and a date.'],
        stop: ['There is a way of attack that we know of and that nobody answers.'],
      }),
      decide('G3.b', 'Least access, least data', 'the access model and the data protection impact assessment.', {
        ready: [
          'Everyone and everything has only the access that it needs, and signs in by the organisation’s own accounts with a second check.',
          'Only the data that the purpose needs is kept, and it is known for how long.',
        ],
        conditions: ['The model of access is right, and accounts of the service’s own go away by a date.'],
        stop: ['Accounts are shared, or rights cannot be told apart.'],
      }),
    ],
  },
  {
    code: 'G4',
    title: 'Gate 4: build',
    description: 'Faults that are found here harm nobody.',
    outcomes: [
      decide('G4.a', 'What it is made of is known', 'the list of parts (SBOM) of the build, and how faults in them are found.', {
        ready: [
          'There is a list of the parts in each build, and known faults in them are looked for by machine.',
          'Changes are looked at by a second person, and only what was looked at can be released.',
        ],
        conditions: ['The list of parts exists for this build and is made by hand until a stated date.'],
        stop: ['A part is used that its maker no longer mends, with no plan to replace it.'],
      }),
      decide('G4.b', 'It is tested as an attacker would', 'the report of the test, and what became of each finding.', {
        ready: ['Somebody who did not build it has tested its security.', 'Every serious finding is mended and was tested again.'],
        conditions: ['Serious findings are mended; the others have an owner and a date.'],
        stop: ['A serious finding is open.'],
      }),
    ],
  },
  {
    code: 'G5',
    title: 'Gate 5: going live',
    description: 'The last quiet moment.',
    outcomes: [
      decide('G5.a', 'It is seen and can be mended', 'what is logged and who looks; the plan for updates.', {
        ready: [
          'What happens in the service is logged, kept elsewhere, and somebody looks.',
          'It is agreed who mends what, how quickly, and how an urgent change is made at night.',
        ],
        conditions: ['Logs are kept, and somebody looks at them from a stated date.'],
        stop: ['Nobody would notice that it had been broken into.'],
      }),
      decide('G5.b', 'It can fail safely', 'the plan without the service, and the record of bringing it back as a trial.', {
        ready: [
          'Those who depend on it know how to work without it, and have tried.',
          'It was brought back from its copies as a trial, within the time that care allows.',
        ],
        conditions: ['The way without it is written and known; the trial of the copies has a date within three months.'],
        stop: ['There is no way to give care when it stops.'],
      }),
    ],
  },
  {
    code: 'G6',
    title: 'Gate 6: running, each year',
    description: 'What was true on the first day is looked at again.',
    outcomes: [
      decide('G6.a', 'It is kept in order', 'the record of updates, of access reviews, and of what was found.', {
        ready: [
          'Updates went in within the time agreed, throughout the year.',
          'Who has access was looked through, and what was no longer needed was taken away.',
        ],
        conditions: ['Updates that were late are known, each with the reason and what was done meanwhile.'],
        stop: ['It is not known when it was last updated.'],
      }),
      decide('G6.b', 'It has learned', 'incidents and near misses, and what changed because of them.', {
        ready: [
          'Incidents and near misses of the year led to changes that were tested.',
          'The supplier’s proof of its own security is not older than a year.',
        ],
        conditions: ['Changes from incidents have an owner, money and a date.'],
        stop: ['The same incident happened twice.'],
      }),
    ],
  },
  {
    code: 'G7',
    title: 'Gate 7: a large change',
    description: 'A new version, another supplier, another place.',
    outcomes: [
      decide('G7.a', 'The change was thought through', 'the threat model, changed; the test of what changed.', {
        ready: ['The gates that the change touches were gone through again.', 'The change can be undone, and somebody tried to.'],
        conditions: ['The change can be undone, and the gates that it touches are gone through within a month.'],
        stop: ['Nobody can say what the change touches.'],
      }),
    ],
  },
  {
    code: 'G8',
    title: 'Gate 8: retirement',
    description: 'Old services that nobody owns are the easiest way in.',
    outcomes: [
      decide('G8.a', 'Data is saved or destroyed', 'the record of what went where, and of destruction.', {
        ready: [
          'What must be kept is where it can be read for as long as it must.',
          'Everything else is destroyed, at suppliers and in copies too, with a record.',
        ],
        conditions: ['What must be kept is safe, and the destruction of the rest has a date and an owner.'],
        stop: ['It is not known where all of the data is.'],
      }),
      decide('G8.b', 'Nothing is left open', 'accounts, addresses, certificates and connections, each with the day on which it ended.', {
        ready: ['Accounts, connections, addresses and certificates of the service have ended.', 'Its owner has signed that it is over.'],
        conditions: ['It can no longer be reached from outside, and what is left ends by a date.'],
        stop: ['It still runs, and nobody looks after it.'],
      }),
    ],
  },
]

export const SERVICE_GATES: ShippedFramework = {
  id: 'fwk_0193a5b0c0de70008000000000000002',
  code: 'secure-service-gates',
  version: '1.0',
  name: 'Secure by design gates',
  description:
    'For a service or product, from the idea to its retirement: eight gates, each with what is decided at it and the evidence that is expected. Open one review for each service; answer the gates that it has reached.',
  subject: 'service',
  levels: [
    { code: 'ready', label: 'Ready', tone: 'good' },
    { code: 'with-conditions', label: 'Ready with conditions', tone: 'partial' },
    { code: 'not-ready', label: 'Not ready', tone: 'bad' },
  ],
  rule: {
    steps: [
      { when: 'any', of: 'not-ready', gives: 'not-ready' },
      { when: 'all', of: 'ready', gives: 'ready' },
      { when: 'all', of: 'with-conditions', gives: 'with-conditions' },
    ],
    otherwise: 'not-ready',
  },
  groups: GROUPS,
}
