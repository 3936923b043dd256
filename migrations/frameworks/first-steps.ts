import type { ShippedCrosswalk, ShippedFramework, ShippedGroup, ShippedOutcome } from './shape.ts'

/** Two statements each: both true, and it is in place; one, and it is begun. */
function ask(code: string, title: string, description: string, first: string, second: string): ShippedOutcome {
  return { code, title, description, lists: { 'in-place': [first, second] } }
}

const GROUPS: readonly ShippedGroup[] = [
  {
    code: 'P',
    title: 'People',
    description: 'Most harm begins with a hurried person and an unclear rule. So this comes first.',
    outcomes: [
      ask(
        'P1',
        'Somebody is in charge',
        'It need not be a computer expert. It must be somebody who has time for it and whom the owner or the board listens to.',
        'One named person is responsible for cyber security here, and everybody knows who.',
        'The owner, partners or board talk about it at least twice a year, and it is written down.',
      ),
      ask(
        'P2',
        'Staff know the basics',
        'Half an hour a year is enough to begin with. Count bank and agency staff too.',
        'Everyone who uses a computer or telephone for work has been taught the basics within the last 12 months.',
        'New people are taught before they get access to records.',
      ),
      ask(
        'P3',
        'Staff speak up without fear',
        'People who fear blame stay silent, and silence is what an attacker needs.',
        'Everyone knows whom to tell at once about a strange message, a mistake or a lost device, at night too.',
        'Nobody has been blamed for telling, and people say so when they are asked.',
      ),
      ask(
        'P4',
        'Joiners and leavers are handled',
        'Look at the last three people who left: can any of them still sign in?',
        'Each person is given only the access that their work needs when they join or change role.',
        'Access ends on the day somebody leaves, and keys and devices come back.',
      ),
    ],
  },
  {
    code: 'A',
    title: 'Accounts',
    description: 'An account in the wrong hands looks like a colleague.',
    outcomes: [
      ask(
        'A1',
        'Everyone has an account of their own',
        'A shared account hides who did what, and its password never changes.',
        'Everyone who sees records signs in with their own account.',
        'No password is on a note, or known to a whole shift.',
      ),
      ask(
        'A2',
        'Passwords are hard to guess',
        'Three random words are long enough and easy to remember.',
        'Passwords are long, are different for each system, and the ones that came with a device were changed.',
        'Staff may use a password manager, and know how.',
      ),
      ask(
        'A3',
        'A second check when signing in',
        'A code on the telephone, an app or a key: it stops most stolen passwords.',
        'E-mail asks for a second check when somebody signs in from a new place.',
        'Care records and banking ask for one too, wherever the system can.',
      ),
      ask(
        'A4',
        'Few people can change everything',
        'Whoever can install programs can be tricked into installing the wrong one.',
        'Only those who need it can install programs or change settings, and they do not read mail with that account.',
        'We have a list of who has such rights, and looked through it within the last six months.',
      ),
    ],
  },
  {
    code: 'D',
    title: 'Devices and programs',
    description: 'What nobody knows of, nobody looks after.',
    outcomes: [
      ask(
        'D1',
        'We know what we have',
        'A list on one page: computers, tablets, telephones, routers, cameras, call systems, medical devices.',
        'We have a list of our devices and the main programs, and who looks after each.',
        'The list was checked within the last 12 months.',
      ),
      ask(
        'D2',
        'Updates go in quickly',
        'Attackers use a fault within days of its becoming known.',
        'Computers, tablets and telephones update themselves, or somebody does it within 14 days.',
        'Routers, cameras and other things on our network are updated too.',
      ),
      ask(
        'D3',
        'Nothing that its maker has given up',
        'What gets no more updates can only become weaker.',
        'We know of each device and program whether its maker still mends it.',
        'What is no longer mended is replaced, or kept off the network with a date by which it goes.',
      ),
      ask(
        'D4',
        'Protection against harmful programs',
        'It comes with most systems. Look whether it is on.',
        'Every computer has protection against harmful programs, switched on and up to date.',
        'Programs come only from the makers or the official shops.',
      ),
      ask(
        'D5',
        'A lost device gives nothing away',
        'Think of the tablet on the medicine trolley, and the manager’s telephone.',
        'Every portable device locks itself and needs a code, face or finger.',
        'What is on it is encrypted, or it can be wiped from afar, and somebody here knows how.',
      ),
    ],
  },
  {
    code: 'N',
    title: 'Network and messages',
    description: 'The two doors that are always open: the internet and the mailbox.',
    outcomes: [
      ask(
        'N1',
        'The network is closed to strangers',
        'The box from the internet provider is a firewall when it is set up as one.',
        'The password of our router was changed, and nothing on our network can be reached from outside that need not be.',
        'Visitors and residents use a Wi-Fi of their own, apart from ours.',
      ),
      ask(
        'N2',
        'We check before we pay or tell',
        'Fraud by e-mail costs small bodies more than any virus.',
        'A new or changed bank account is always confirmed by telephone, on a number that we already had.',
        'Nobody gives out passwords, codes or records because a message or a caller says that it is urgent.',
      ),
    ],
  },
  {
    code: 'I',
    title: 'Information about people',
    description: 'What we hold in trust.',
    outcomes: [
      ask(
        'I1',
        'We know what we hold and why',
        'Include paper, the shared drive, telephones and messaging apps.',
        'We have a list of the personal information that we hold, where it is, and why.',
        'People can see in a notice what we do with theirs.',
      ),
      ask(
        'I2',
        'We share it safely',
        'A secure mail service or a shared record is as quick as an ordinary mail.',
        'Information about care goes out by secure mail or a shared record, and the address is checked first.',
        'Staff do not use private accounts or messaging apps for it.',
      ),
      ask(
        'I3',
        'We get rid of it safely',
        'A computer that is given away keeps what was deleted.',
        'We know how long we keep each kind of record, and what is over its time is destroyed.',
        'Old computers, telephones and disks are wiped or destroyed, with a record of it.',
      ),
    ],
  },
  {
    code: 'C',
    title: 'Caring on a bad day',
    description: 'Everything is gone on Monday morning. What then?',
    outcomes: [
      ask(
        'C1',
        'Copies that come back',
        'A copy that is always connected is lost with the rest.',
        'What we cannot do without is copied at least each day, and one copy cannot be reached from our network.',
        'Somebody brought a copy back as a trial within the last 12 months, and it worked.',
      ),
      ask(
        'C2',
        'We can care without computers',
        'Medicine charts, care plans, allergies, next of kin, rotas, telephone numbers.',
        'There is a paper way to give safe care for three days, and it is where the night shift finds it.',
        'What is printed for it is renewed at least each week.',
      ),
      ask(
        'C3',
        'We know whom to call',
        'On paper: the telephone list on a computer is no help then.',
        'A page on paper says whom to call, in what order, by day and by night: IT, insurer, the centre, the regulator for data.',
        'We know what we must report, to whom and how soon.',
      ),
      ask(
        'C4',
        'We have tried it',
        'An hour at the kitchen table with a made-up bad day is enough.',
        'We went through a made-up incident within the last 12 months.',
        'What we learned was written down and done.',
      ),
    ],
  },
  {
    code: 'S',
    title: 'Those who work for us',
    description: 'You may hand over the work. The trust stays with you.',
    outcomes: [
      ask(
        'S1',
        'We know who has our information',
        'Care records, payroll, pharmacy, IT support, call systems.',
        'We have a list of the firms that hold our information or can get into our systems.',
        'Each has a contract that says how they protect it and that they tell us at once when something goes wrong.',
      ),
      ask(
        'S2',
        'We have asked them',
        'A good firm has an answer ready.',
        'We asked each of them for proof, such as Cyber Essentials or their own entry in the toolkit, within the last two years.',
        'We know what we would do if one of them stopped working for a week.',
      ),
    ],
  },
]

export const FIRST_STEPS: ShippedFramework = {
  id: 'fwk_0193a5b0c0de70008000000000000001',
  code: 'care-first-steps',
  version: '1.0',
  name: 'First steps',
  description:
    'Twenty-four questions in plain English for a care home, a practice, a pharmacy or a charity. It takes about twenty minutes. “No” is a good answer: it shows where a little work helps most.',
  subject: 'organisation',
  levels: [
    { code: 'in-place', label: 'In place', tone: 'good' },
    { code: 'begun', label: 'Begun', tone: 'partial' },
    { code: 'not-yet', label: 'Not yet', tone: 'bad' },
  ],
  rule: {
    steps: [
      { when: 'all', of: 'in-place', gives: 'in-place' },
      { when: 'any', of: 'in-place', gives: 'begun' },
    ],
    otherwise: 'not-yet',
  },
  groups: GROUPS,
}

/** By code: what a question has to do with. In each case it asks for a part of the other, never for all of it. */
const TOUCHES: readonly (readonly [code: string, caf: string, essentials: string, standards: string])[] = [
  ['P1', 'A1.a A1.b', '', 'NDG1 NDG5'],
  ['P2', 'B6.b', '', 'NDG2 NDG3'],
  ['P3', 'B6.a', '', 'NDG2 NDG6'],
  ['P4', 'B2.d', 'D.4', 'NDG4'],
  ['A1', 'B2.a B2.d', 'D.4', 'NDG4'],
  ['A2', 'B2.a B4.b', 'D.2 D.4', 'NDG4 NDG9'],
  ['A3', 'B2.a', 'D.4', 'NDG4 NDG9'],
  ['A4', 'B2.c', 'D.4', 'NDG4'],
  ['D1', 'A3.a', '', 'NDG8 NDG9'],
  ['D2', 'B4.d', 'D.3', 'NDG8 NDG9'],
  ['D3', 'B4.d', 'D.3', 'NDG8'],
  ['D4', 'B4.c', 'D.5', 'NDG9'],
  ['D5', 'B3.d', 'D.2', 'NDG1 NDG9'],
  ['N1', 'B4.b B5.b', 'D.1 D.2', 'NDG9'],
  ['N2', 'B6.a', '', 'NDG2 NDG3'],
  ['I1', 'B3.a', '', 'NDG1'],
  ['I2', 'B3.b', '', 'NDG1'],
  ['I3', 'B3.e', '', 'NDG1'],
  ['C1', 'B5.c', '', 'NDG7'],
  ['C2', 'B5.a D1.b', '', 'NDG7'],
  ['C3', 'D1.a', '', 'NDG6 NDG7'],
  ['C4', 'D1.c D2.b', '', 'NDG5 NDG7'],
  ['S1', 'A4.a', '', 'NDG10'],
  ['S2', 'A4.a', '', 'NDG10'],
]

const SOURCE = 'CareCERT, its own judgement, by code alone, November 2026'

function crosswalk(id: string, to: readonly [string, string], name: string, part: 1 | 2 | 3): ShippedCrosswalk {
  const pairs = TOUCHES.flatMap(row => row[part].split(' ').flatMap(code => (code === '' ? [] : [[row[0], code, 'subset', ''] as const])))
  return { id, from: ['care-first-steps', '1.0'], to, name: `First steps to ${name}`, source: SOURCE, pairs }
}

export const FIRST_STEPS_CROSSWALKS: readonly ShippedCrosswalk[] = [
  crosswalk('xwk_0193a5b0c0de70008000000000000011', ['caf', '3.2'], 'the Cyber Assessment Framework 3.2', 1),
  crosswalk('xwk_0193a5b0c0de70008000000000000012', ['cyber-essentials', '3.1'], 'the control themes of Cyber Essentials 3.1', 2),
  crosswalk('xwk_0193a5b0c0de70008000000000000013', ['ndg-standards', '2016'], 'the ten data security standards of the National Data Guardian', 3),
]
