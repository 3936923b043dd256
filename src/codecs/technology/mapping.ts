import { fail, succeed, type Result } from '../../kernel/problem.ts'

/** Which column of a CSV file holds what: names of headings, compared without regard to case. `null` for what the file does not have. */
export interface TechnologyMapping {
  readonly organisation: string
  readonly maker: string | null
  readonly product: string
  readonly version: string | null
  readonly count: string | null
  readonly asOf: string | null
}

/** The headings that are expected unless a mapping says otherwise. */
export const OWN_MAPPING: TechnologyMapping = {
  organisation: 'organisation',
  maker: 'maker',
  product: 'product',
  version: 'version',
  count: 'count',
  asOf: 'as_of',
}

/**
 * The mappings that have a name. `gp-system-supplier`: NHS England's list of which clinical system each practice runs, which names
 * the system by its supplier, so that the supplier is maker and product at once.
 */
export const NAMED_MAPPINGS: Readonly<Record<string, TechnologyMapping>> = {
  carecert: OWN_MAPPING,
  'gp-system-supplier': { organisation: 'ODSCode', maker: 'Supplier', product: 'Supplier', version: null, count: null, asOf: null },
}

const FIELDS = {
  organisation: 'organisation',
  maker: 'maker',
  product: 'product',
  version: 'version',
  count: 'count',
  as_of: 'asOf',
  asof: 'asOf',
} as const

/**
 * Reads a mapping as a person writes it: the name of one (`gp-system-supplier`), or pairs such as `organisation=ODSCode,product=System`.
 * Organisation and product must be there. Fails with `technology.mapping`.
 */
export function parseMapping(text: string): Result<TechnologyMapping> {
  const name = text.trim().toLowerCase()
  const named = Object.hasOwn(NAMED_MAPPINGS, name) ? NAMED_MAPPINGS[name] : undefined
  if (named !== undefined) return succeed(named)
  const found = new Map<string, string>()
  for (const pair of text.split(',')) {
    const [field = '', column = ''] = pair.split('=').map(part => part.trim())
    const key = field.toLowerCase()
    if (!Object.hasOwn(FIELDS, key) || column === '') {
      return refuse(
        `"${pair.trim().slice(0, 60)}" is no mapping. Name one of ${Object.keys(NAMED_MAPPINGS).join(', ')}, or write pairs such as organisation=ODSCode,product=System.`,
      )
    }
    found.set(FIELDS[key as keyof typeof FIELDS], column) // hasOwn has just shown that it is a key
  }
  const organisation = found.get('organisation')
  const product = found.get('product')
  if (organisation === undefined || product === undefined)
    return refuse('A mapping must say which columns hold the organisation and the product, such as organisation=ODSCode,product=System.')
  const optional = (field: string) => found.get(field) ?? null
  return succeed({ organisation, product, maker: optional('maker'), version: optional('version'), count: optional('count'), asOf: optional('asOf') })
}

function refuse(message: string): Result<never> {
  return fail({ rule: 'technology.mapping', pointer: '', severity: 'error', message })
}
