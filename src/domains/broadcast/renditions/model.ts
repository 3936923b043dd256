import { ZONE, type Instant } from '../../../kernel/instant.ts'
import { cleanLine, shorten } from '../../../kernel/text.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import { holdingMark } from '../bulletins/holding/model.ts'
import { bulletinNumber, CONFIDENCE_WORDS, fiveLines, severityLabel, type BulletinContent, type BulletinSeverity } from '../bulletins/model.ts'
import { carriesContent, type Carrier } from '../clearance.ts'
import { groupWords } from '../sharing-groups/model.ts'
import { cutTo, partsOf, roomIn, septets, toGsm } from './gsm.ts'
import { londonTimeWords } from './times.ts'

/** What a rendition is made of: one record, whoever it is for. */
export interface Rendered {
  readonly title: string
  readonly severity: BulletinSeverity
  readonly tlp: Tlp
  readonly respondBy: Instant | null
  readonly isExercise: boolean
  readonly content: BulletinContent
}

/** What a message says first: why it is sent, such as "Updated: ", and of what. */
export interface Headline {
  readonly lead: string
  readonly title: string
}

/** How a text message is answered, and told from a false one. */
export interface Reply {
  readonly link: string
  /** Six digits, where it is about one organisation. */
  readonly code: string | null
}

/** In a preview, which is for nobody: as long as the real one. */
const SAMPLE_CODE = '000000'

export interface TextMessage {
  readonly text: string
  /** As they travel: three at most. */
  readonly parts: readonly string[]
  readonly septets: number
}

const MOST_PARTS = 3
/** A title longer than this leaves too little room for what to do. */
const LONGEST_TITLE = 110
const LONGEST_GROUP = 40

const shortTime = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: ZONE,
})

/**
 * The text message that tells of a bulletin, in the GSM alphabet and in three parts at most: who sends it, the number, what is new or what it is
 * about, what to do, by when, the link and the check code. These two are never cut: what there is to say gives way. Above GREEN it says only that there is a
 * bulletin, why we write, and where to read it.
 */
export function textMessage(
  told: Rendered,
  number: string,
  { link, code }: Reply,
  headline: Headline = { lead: '', title: told.title },
): TextMessage {
  const severity = severityLabel(told.severity)
  const group = carriesContent('text', told.tlp) ? told.content.sharingGroup : undefined
  const within = group === undefined ? '' : ` Only for ${cutTo(toGsm(group.name), LONGEST_GROUP)}`
  const before = toGsm(`${told.isExercise ? 'EXERCISE. ' : ''}CareCERT ${number} ${severity} TLP:${told.tlp}${within}: `)
  const by = told.respondBy === null ? '' : ` Answer by ${shortTime.format(told.respondBy)}.`
  const after = toGsm(`${by} ${link}${code === null ? '' : ` Check code ${code}.`}${told.isExercise ? ' EXERCISE' : ''}`)
  const room = roomIn(MOST_PARTS) - septets(before) - septets(after)
  const text = `${before}${textBody(told, headline, Math.max(room, 0))}${after}`
  return { text, parts: partsOf(text), septets: septets(text) }
}

function textBody(told: Rendered, { lead, title: about }: Headline, room: number): string {
  if (!carriesContent('text', told.tlp)) return cutTo(`${lead}${holdingMark(told.title)}Sign in to read it.`, room)
  const title = ended(cutTo(toGsm(`${lead}${about}`), Math.min(LONGEST_TITLE, room)))
  const left = room - septets(title) - 1
  const doThis = left < 10 ? '' : ended(cutTo(toGsm(fiveLines(told.content).doThis), left - 1))
  return cutTo([title, doThis].filter(part => part !== '').join(' '), room)
}

/** With the stop that closes a sentence, if it has none. */
function ended(text: string): string {
  return text === '' || /[.!?:]$/.test(text) ? text : `${text}.`
}

/**
 * One record, said for whoever needs it: those who mend systems, those who look after patients, a board, a person on the telephone, a text
 * message, and paper. Nothing here is written twice: an author may put words of their own for wards and boards, and all else derives.
 */
export const RENDITIONS = ['technical', 'clinical', 'board', 'call', 'text', 'print'] as const
export type RenditionKind = (typeof RENDITIONS)[number]

export const RENDITION_NAMES: Readonly<Record<RenditionKind, string>> = {
  technical: 'Technical',
  clinical: 'Clinical and operational',
  board: 'Board',
  call: 'Telephone call',
  text: 'Text message',
  print: 'Printable',
}

/** One part of a rendition. */
export interface Passage {
  readonly heading: string | null
  readonly text: string
  readonly isMarkdown: boolean
}

export interface Rendition {
  /** `null` where the label keeps even the title away from what carries it. */
  readonly title: string | null
  readonly passages: readonly Passage[]
  /** Whether it is a notice alone, because the label keeps what it says from what carries it. */
  readonly isNotice: boolean
}

/** What carries a rendition unless somebody sends it another way. */
const CARRIER_OF: Readonly<Record<RenditionKind, Carrier>> = {
  technical: 'page',
  clinical: 'page',
  board: 'page',
  call: 'call',
  text: 'text',
  print: 'page',
}

/**
 * The rendition as it may leave by that carrier. This is where a label meets it: what the carrier may not take is absent from what is given, the
 * title too, and in its place stands that there is a bulletin and where to read it.
 */
export function renditionOf(
  kind: RenditionKind,
  told: Rendered,
  about: { readonly number: string; readonly address: string },
  carrier: Carrier = CARRIER_OF[kind],
): Rendition {
  if (kind === 'text')
    return {
      title: null,
      passages: [plain(null, textMessage(told, about.number, { link: about.address, code: SAMPLE_CODE }).text)],
      isNotice: !carriesContent('text', told.tlp),
    }
  if (!carriesContent(carrier, told.tlp))
    return { title: null, passages: kind === 'call' ? noticeCall(told, about) : [plain(null, notice(told, about))], isNotice: true }
  return { title: told.title, passages: PASSAGES[kind](told, about), isNotice: false }
}

/** All that a rendition says, as one text: for the telephone, for a test, for a machine that reads. */
export function wordsOf({ title, passages }: Rendition): string {
  return [title, ...passages.flatMap(({ heading, text }) => [heading, text])].filter(part => part !== null && part !== '').join('\n')
}

interface About {
  readonly number: string
  readonly address: string
}

const PASSAGES: Readonly<Record<Exclude<RenditionKind, 'text'>, (told: Rendered, about: About) => readonly Passage[]>> = {
  technical,
  clinical,
  board: told => boardLines(told).map(line => plain(null, line)),
  call: (told, about) => callScript(told, about.number).map(sentence => plain(null, sentence)),
  print,
}

function notice({ severity, tlp, isExercise }: Rendered, { number, address }: About): string {
  const words = `${number}, severity ${severityLabel(severity).toLowerCase()}, TLP:${tlp}. Sign in to read it: ${address}`
  return isExercise ? `EXERCISE. ${words} EXERCISE` : words
}

function technical(told: Rendered): readonly Passage[] {
  const { content } = told
  const { what, who } = fiveLines(content)
  const steps = content.steps.map((step, at) => `${at + 1}. ${step.type}: ${step.text}${step.link === '' ? '' : ` (${step.link})`}`)
  const platforms = content.platforms.map(({ platform, versions, text }) =>
    [platform, versions.join(', '), text].filter(part => part !== '').join(': '),
  )
  return filled([
    plain('Shared with', content.sharingGroup === undefined ? '' : groupWords(content.sharingGroup)),
    plain('What', what),
    plain('Who is affected', platforms.length > 0 ? platforms.join('\n') : who),
    markdown('What to do', [content.remediationIntro, ...steps].filter(part => part !== '').join('\n\n')),
    plain('Answer by', by(told)),
    markdown('Details', content.threatDetails),
    plain('Indicators of compromise', content.indicators),
    plain('CVEs', content.cves.join(', ')),
    plain('Sources', [content.ncscLink, ...content.sources].filter(part => part !== '').join('\n')),
    plain('How sure', CONFIDENCE_WORDS[content.confidence]),
  ])
}

function clinical(told: Rendered): readonly Passage[] {
  const { content } = told
  const { what, who, doThis, howSure } = fiveLines(content)
  return filled([
    plain('Shared with', content.sharingGroup === undefined ? '' : groupWords(content.sharingGroup)),
    plain('What has happened', what),
    plain('Who is affected', who),
    markdown('What it means for care', content.clinicalImpact ?? 'It is not known yet what it means for care.'),
    markdown(
      'What stays safe to use',
      content.safeToUse === '' ? 'Keep using what you use, unless we or your own team say otherwise.' : content.safeToUse,
    ),
    plain('What your technical team is asked to do', doThis),
    plain('Answer by', by(told)),
    plain('How sure', howSure),
  ])
}

/** The board's five lines: the author's, or what the record says. */
export function boardLines(told: Rendered): readonly string[] {
  const { content } = told
  if (content.boardWords !== undefined) return content.boardWords.split('\n').filter(line => line.trim() !== '')
  const { what, who, doThis, howSure } = fiveLines(content)
  return [
    `What: ${what}`,
    content.platforms.length === 0 ? 'Whom it concerns: not yet known.' : `Whom it concerns: ${lowerFirst(who)}. Ask whether you are one of them.`,
    `What is asked: ${doThis}`,
    `By when: ${by(told)}. What is done is your organisation’s decision, and so is not to act.`,
    `How sure we are: ${lowerFirst(howSure)}.`,
  ]
}

/** What a caller says, in four sentences. Above AMBER+STRICT the caller says only that there is something to read. */
export function callScript(told: Rendered, number: string): readonly string[] {
  const { what, who, doThis } = fiveLines(told.content)
  return [
    `${opening(told, number)}${told.content.sharingGroup === undefined ? '' : `, for the sharing group ${told.content.sharingGroup.name} alone`}: ${unended(what)}.`,
    told.content.platforms.length === 0 ? 'We do not know yet whom it concerns.' : `It concerns ${lowerFirst(unended(who))}.`,
    `We ask you to do this: ${lowerFirst(unended(doThis))}; ${answerBy(told)}.`,
    `${CLOSING}${told.isExercise ? ' This was an exercise.' : ''}`,
  ]
}

const CLOSING = 'What you do is your decision: may I write down where you stand?'

function opening({ severity, isExercise }: Rendered, number: string): string {
  return `${isExercise ? 'This is an exercise. ' : ''}This is the cyber centre about ${number}, severity ${severityLabel(severity).toLowerCase()}`
}

function noticeCall(told: Rendered, { number, address }: About): readonly Passage[] {
  return [
    `${opening(told, number)}.`,
    'What it says may not be told on the telephone.',
    `Please sign in and read it now, at ${address}; ${answerBy(told)}.`,
    `${CLOSING}${told.isExercise ? ' This was an exercise.' : ''}`,
  ].map(sentence => plain(null, sentence))
}

/** Two pages of paper hold about so many characters and lines beside what is always there. What is longer is cut, and says where the rest is. */
const PAPER = {
  platforms: { length: 700, lines: 1 },
  steps: { length: 2_200, lines: 24 },
  safe: { length: 700, lines: 8 },
  care: { length: 900, lines: 10 },
} as const

function onPaper(text: string, { length, lines }: { readonly length: number; readonly lines: number }): string {
  const said = text.split('\n').filter(line => line.trim() !== '')
  const fits = said.length <= lines ? text : `${said.slice(0, lines).join('\n\n')} …`
  return shorten(fits, length)
}

function print(told: Rendered, about: About): readonly Passage[] {
  const { content } = told
  const { what, who, howSure } = fiveLines(content)
  const platforms = content.platforms.map(({ platform, versions }) => [platform, versions.join(', ')].filter(part => part !== '').join(': '))
  const steps = content.steps.map((step, at) => `${at + 1}. ${step.type}: ${step.text}`)
  const doThis = [content.remediationIntro, ...steps].filter(part => part !== '').join('\n\n')
  return filled([
    plain('Shared with', content.sharingGroup === undefined ? '' : groupWords(content.sharingGroup)),
    plain('What has happened', what),
    plain('Who is affected', onPaper(platforms.length > 0 ? platforms.join('; ') : who, PAPER.platforms)),
    markdown('What to do', onPaper(doThis, PAPER.steps)),
    markdown('What stays safe to use', onPaper(content.safeToUse, PAPER.safe)),
    markdown('What it means for care', onPaper(content.clinicalImpact ?? '', PAPER.care)),
    plain('Answer by', by(told)),
    plain('How sure', howSure),
    plain('The whole bulletin', about.address),
  ])
}

function answerBy(told: Rendered): string {
  return told.respondBy === null ? 'please tell us when you have seen it' : `please answer by ${by(told)}`
}

function by({ respondBy }: Rendered): string {
  return respondBy === null ? 'no time is set' : londonTimeWords(respondBy)
}

function plain(heading: string | null, text: string): Passage {
  return { heading, text, isMarkdown: false }
}

function markdown(heading: string, text: string): Passage {
  return { heading, text, isMarkdown: true }
}

function filled(passages: readonly Passage[]): readonly Passage[] {
  return passages.filter(({ text }) => text.trim() !== '')
}

/** A sentence's words inside another: "Anyone" is "anyone", "EMIS" stays as it is. */
function lowerFirst(words: string): string {
  return /^\p{Lu}\p{Ll}/u.test(words) ? words.charAt(0).toLowerCase() + words.slice(1) : words
}

function unended(words: string): string {
  return cleanLine(words).replace(/[.!\s]+$/, '')
}

/** Links to the renditions of a bulletin; scripts and text messages are the centre's tools. */
export function renditionLinks(number: number, isCentre: boolean, current: RenditionKind | null = null) {
  return RENDITIONS.filter(kind => isCentre || (kind !== 'call' && kind !== 'text')).map(kind => ({
    text: RENDITION_NAMES[kind],
    href: `/bulletins/${bulletinNumber(number)}/renditions/${kind}`,
    isCurrent: kind === current,
  }))
}

/** The parts of the text message, each with the septets that it takes. */
export function textParts(told: Rendered, number: string, link: string, headline?: Headline) {
  return textMessage(told, number, { link, code: SAMPLE_CODE }, headline).parts.map((text, at) => ({ text, number: at + 1, septets: septets(text) }))
}

/** The renditions of what is being written: for the preview beside the fields. */
export function renditionPreviews(told: Rendered, number: string, address: string, headline: Headline) {
  const about = { number, address }
  return {
    clinical: renditionOf('clinical', told, about),
    board: renditionOf('board', told, about),
    call: renditionOf('call', told, about),
    text: textParts(told, number, address, headline),
  }
}
