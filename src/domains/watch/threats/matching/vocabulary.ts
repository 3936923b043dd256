import { isMisspelling } from './spelling.ts'

/**
 * What common words weigh in a product's name. A name that consists of such words alone says little: two makers' "patient portal" are
 * two products.
 */
export type Commonness = 'filler' | 'description' | 'field' | 'variant' | 'part'

/** Says nothing about which product it is, whether it stands there or not. Legal forms are among them: they follow a maker in the name. */
const FILLER = `
  system sys software sw firmware fw hardware hw device dev product equipment equip eqpt series family range line model version ver release edition
  licence license licensed platform solution suite package technology generation type unit only certain various all other original new base
  basic standard medical med healthcare health clinical hospital care company ltd limited plc llc inc gmbh corp corporation nv bv uk usa`

/** Says what it is for or what form it has. Left out as often as not. */
const DESCRIPTION = `
  infusion syringe volumetric enteral feeding volume pump monitor monitoring mon patient pt bedside vital sign wireless wifi wlan lan
  bluetooth usb ethernet portable handheld point poc poct mobile remote digital automated automatic electronic information info data management mgmt delivery
  analyser analyzer scanner camera recorder wearable implantable intelligent smart advanced integrated integration network networked iot
  internet thing large computer energy browser desktop laptop app application`

/** The field of medicine or work. Left out as often as not, but another field is another product. */
const FIELD = `
  computed tomography imaging image ultrasound radiography radiology fetal foetal maternal neonatal paediatric pediatric adult cardiac
  cardiovascular cardiology cardiograph electrocardiograph diabetes glucose insulin dialysis haemodialysis hemodialysis diagnostic laboratory lab
  pathology ventilator anaesthesia anesthesia defibrillator pacemaker radiotherapy oncology pharmacy surgical surgery neurology ophthalmology dental air`

/** A kind of the same product. */
const VARIANT = 'plus pro lite mini max ultra premium express elite professional expert home deluxe compact extended'

/** Names a part of something larger: who says it means that part, and who does not may mean another. */
const PART = `
  server srvr client workstation station gateway viewer portal manager mgr editor programmer prog controller control ctrl panel hub module card charger
  charging dock docking printer reader router switch adapter adaptor interface engine database repository tool toolkit kit sdk api service
  reporter reporting report telemetry central center centre terminal console display handset transmitter receiver sensor battery pack
  connector bridge builder configurator designer agent library plugin connect link web cloud access storage backup security firewall extender accessory
  box node enterprise analytics dashboard archive scheduler scheduling prescribing dispensing administration communication communicator upgrade
  pacs ris emr ehr epr lims cis pas dicom hl7 fhir`

/** Left out before anything is compared. */
const STOP = 'based of the and for with by in on to from used using including incl or at as its per'

const WORDS: ReadonlyMap<string, Commonness> = new Map([
  ...listed(FILLER).map(word => [word, 'filler'] as const),
  ...listed(DESCRIPTION).map(word => [word, 'description'] as const),
  ...listed(FIELD).map(word => [word, 'field'] as const),
  ...listed(VARIANT).map(word => [word, 'variant'] as const),
  ...listed(PART).map(word => [word, 'part'] as const),
])
const LONG_COMMON: readonly (readonly [string, Commonness])[] = [...WORDS].filter(
  ([word, kind]) => word.length >= 6 && kind !== 'part' && kind !== 'variant',
)
const STOP_WORDS: ReadonlySet<string> = new Set(listed(STOP))

/** What this word weighs, or `undefined` when it is not common. Plurals weigh the same. */
export function commonness(word: string): Commonness | undefined {
  return WORDS.get(word) ?? WORDS.get(singular(word)) ?? (VOWEL.test(word) || word.length < 3 ? undefined : WORDS.get(skeletonOf(word) ?? ''))
}

/** As `commonness`, of a word that may be misspelt: only long ones, since a short one may be a product's name. */
export function commonnessOfMisspelt(word: string): Commonness | undefined {
  return word.length < 5 ? undefined : LONG_COMMON.find(([known]) => isMisspelling(known, word))?.[1]
}

export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word)
}

/** Without the ending of a plural: `technologies` and `technology` come out alike, `es` stays. */
export function singular(word: string): string {
  if (word.length < 5 || !word.endsWith('s') || word.endsWith('ss')) return word
  return word.endsWith('ies') ? `${word.slice(0, -3)}y` : word.slice(0, -1)
}

/** Whether `short` is `long` abbreviated: its beginning, or letters of it in order from the first (`mgmt`, `wkstn`, `cardio`). */
export function abbreviates(short: string, long: string): boolean {
  if (short.length < 2 || short.length >= long.length || short[0] !== long[0]) return false
  if (long.startsWith(short)) return true
  return !VOWEL.test(short.slice(1)) && isWithin(short, long)
}

const VOWEL = /[aeiou]/

/** The common word whose letters a word without vowels leaves out: `wkstn` for workstation. First and last letter must agree. */
function skeletonOf(word: string): string | undefined {
  for (const known of WORDS.keys())
    if (known.length > word.length + 1 && known[0] === word[0] && known.at(-1) === word.at(-1) && isWithin(word, known)) return known
  return undefined
}

function isWithin(letters: string, word: string): boolean {
  let at = -1
  for (const letter of letters) {
    at = word.indexOf(letter, at + 1)
    if (at === -1) return false
  }
  return true
}

function listed(text: string): readonly string[] {
  return text.split(/\s+/).filter(word => word !== '')
}
