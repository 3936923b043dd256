import { createRandom, type Random } from './random.ts'
import { FIRST_NAMES, LAST_NAMES, PLACE_ENDS, PLACE_STARTS, PRODUCTS, REGIONS } from './words.ts'

/**
 * An invented sector whose shape is the real one's (sector mix of the 2019 toolkit register, long-tailed estates, some
 * contacts missing or stale). The same seed and size give the same sector, so it serves first looks, tests and benchmarks.
 * Telephone numbers are from the ranges that Ofcom keeps for drama; mail goes to `sample.invalid` (RFC 2606), which does not exist.
 */
export interface SampleOrganisation {
  readonly code: string
  readonly name: string
  readonly type: string
  readonly regionCode: string | null
  readonly boardCode: string | null
  readonly postcode: string
  readonly phone: string
  readonly size: number
  readonly contacts: readonly SampleContact[]
  readonly technology: readonly SampleTechnology[]
  /** The code of the IT delivery partner that answers for it, where there is one. */
  readonly partnerCode: string | null
}

export interface SampleContact {
  readonly name: string
  readonly purpose: string
  readonly email: string
  readonly mobile: string | null
  readonly outOfHours: boolean
  /** Days since it was last known to work; `null` for never. */
  readonly provedDaysAgo: number | null
  readonly hasFailed: boolean
}

export interface SampleTechnology {
  readonly maker: string
  readonly product: string
  readonly version: string
  readonly count: number
}

export interface SampleSector {
  readonly organisations: readonly SampleOrganisation[]
}

export const SMALLEST = 200
export const LARGEST = 50_000
export const CENTRE_CODE = 'XCC'

/** The share of each type in the whole, after the regions, boards and support units. */
const MIX = [
  { type: 'practice', share: 0.4, prefix: 'XP', estate: 14, size: 12 },
  { type: 'pharmacy', share: 0.27, prefix: 'XF', estate: 5, size: 7 },
  { type: 'care-home', share: 0.15, prefix: 'XH', estate: 6, size: 35 },
  { type: 'dentist', share: 0.1, prefix: 'XD', estate: 7, size: 9 },
  { type: 'trust', share: 0.06, prefix: 'XT', estate: 4_900, size: 5_200 },
  { type: 'supplier', share: 0.02, prefix: 'XS', estate: 300, size: 120 },
] as const

/** Builds the sector. `organisations` is how many, 200 to 50,000. */
export function buildSector(options: { organisations: number; seed: number }): SampleSector {
  const random = createRandom(options.seed)
  const places = createPlaces(random)
  const regions = REGIONS.map((name, index) =>
    organisation(random, {
      code: `XY${index + 1}`,
      name: `${name} Region`,
      type: 'region',
      regionCode: null,
      boardCode: null,
      estate: 0,
      size: 200,
      partnerCode: null,
    }),
  )
  const boardCount = Math.max(7, Math.min(42, Math.round(options.organisations / 60)))
  const boards = Array.from({ length: boardCount }, (_, index) => {
    const region = regions[index % regions.length]
    return organisation(random, {
      code: `XQ${pad(index + 1, 2)}`,
      name: `${places()} and ${places()} Care Board`,
      type: 'board',
      regionCode: region?.code ?? null,
      boardCode: null,
      estate: 300,
      size: 400,
      partnerCode: null,
    })
  })
  const units = Array.from({ length: Math.max(3, Math.min(9, Math.round(boardCount / 5))) }, (_, index) => {
    const board = boards[(index * 5) % boards.length]
    return organisation(random, {
      code: `XU${pad(index + 1, 2)}`,
      name: `${places()} Health Informatics Service`,
      type: 'support-unit',
      regionCode: board?.regionCode ?? null,
      boardCode: board?.code ?? null,
      estate: 800,
      size: 300,
      partnerCode: null,
    })
  })
  const fixed = [...regions, ...boards, ...units]
  const rest = options.organisations - fixed.length
  const members = MIX.flatMap(kind =>
    Array.from({ length: Math.round(rest * kind.share) }, (_, index) => {
      const board = random.pick(boards)
      const boardIndex = boards.indexOf(board)
      return organisation(random, {
        code: `${kind.prefix}${pad(index + 1, 5 - kind.prefix.length + 1)}`,
        name: nameOf(random, kind.type, places()),
        type: kind.type,
        regionCode: board.regionCode,
        boardCode: board.code,
        estate: kind.estate,
        size: kind.size,
        // Practices rarely run their own IT: a support unit of their area does, and answers for them.
        partnerCode: kind.type === 'practice' && random.chance(0.85) ? (units[boardIndex % units.length]?.code ?? null) : null,
      })
    }),
  )
  return { organisations: [...fixed, ...members] }
}

function organisation(
  random: Random,
  facts: {
    code: string
    name: string
    type: string
    regionCode: string | null
    boardCode: string | null
    estate: number
    size: number
    partnerCode: string | null
  },
): SampleOrganisation {
  const { estate, size, ...identity } = facts
  const devices = estate === 0 ? 0 : random.longTailed(estate, 0.6)
  return {
    ...identity,
    postcode: `ZZ${random.between(1, 99)} ${random.between(1, 9)}${random.pick([...'ABDEFGHJLN'])}${random.pick([...'PQRSTUWXYZ'])}`,
    phone: `01632 960${pad(random.between(0, 999), 3)}`,
    size: random.longTailed(size, 0.5),
    contacts: contactsOf(random, facts.code, facts.type),
    technology: technologyOf(random, facts.type, devices),
  }
}

/** How many contacts a body of each type has named, at most. The large ones also have somebody out of hours. */
const CONTACTS: Readonly<Record<string, number>> = { trust: 4, board: 3, 'support-unit': 3, supplier: 2, region: 2, practice: 2 }
const PURPOSES = ['Cyber lead', 'IT service desk', 'On call', 'Senior information risk owner']

function contactsOf(random: Random, code: string, type: string): SampleContact[] {
  const most = CONTACTS[type] ?? 1
  // Some of the small ones have told us nobody: they cannot be reached, and the product must say so.
  if (most === 1 && random.chance(0.12)) return []
  return Array.from({ length: random.between(1, most) }, (_, index) => {
    const isStale = random.chance(0.07)
    return {
      name: personName(random),
      purpose: most === 1 ? 'Manager' : (PURPOSES[index] ?? 'Contact'),
      email: `${['cyber', 'it', 'oncall', 'siro'][index] ?? 'contact'}@${code.toLowerCase()}.sample.invalid`,
      mobile: most > 1 ? `07700 900${pad(random.between(0, 999), 3)}` : null,
      outOfHours: index === 2,
      provedDaysAgo: isStale ? (random.chance(0.5) ? null : random.between(200, 700)) : random.between(1, 90),
      hasFailed: isStale && random.chance(0.4),
    }
  })
}

function technologyOf(random: Random, type: string, devices: number): SampleTechnology[] {
  return PRODUCTS.filter(product => random.chance(product.runBy[type] ?? 0)).map(product => ({
    maker: spell(random, product.maker),
    product: random.chance(0.1) ? product.product.toUpperCase() : product.product,
    version: random.pick(product.versions),
    count: Math.max(1, Math.round(devices * random.next())),
  }))
}

/** People write one maker in many ways; matching has to bear it. */
function spell(random: Random, maker: string): string {
  const bare = maker.replace(/ (Ltd|plc|GmbH|Inc|Corp)$/, '')
  return random.pick([maker, maker, bare, `${bare} Limited`, bare.toUpperCase()])
}

function nameOf(random: Random, type: string, place: string): string {
  switch (type) {
    case 'trust':
      return `${place} ${random.pick(['Hospitals', 'University Hospitals', 'Mental Health', 'Community Health', 'Ambulance Service'])} Trust`
    case 'practice':
      return `${place} ${random.pick(['Surgery', 'Medical Centre', 'Health Centre', 'Medical Practice'])}`
    case 'pharmacy':
      return `${place} Pharmacy`
    case 'care-home':
      return `${place} ${random.pick(['House', 'Lodge', 'Court', 'Grange'])} Care Home`
    case 'dentist':
      return `${place} Dental ${random.pick(['Practice', 'Care', 'Centre'])}`
    default:
      return `${place} Health Systems`
  }
}

export function personName(random: Random): string {
  return `${random.pick(FIRST_NAMES)} ${random.pick(LAST_NAMES)}`
}

function createPlaces(random: Random): () => string {
  return () => `${random.pick(PLACE_STARTS)}${random.pick(PLACE_ENDS)}`
}

function pad(number: number, width: number): string {
  return String(number).padStart(width, '0')
}
