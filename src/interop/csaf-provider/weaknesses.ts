import type { AdvisoryWeakness } from '../../codecs/csaf-writing/advisory.ts'

interface Catalogue {
  readonly default: {
    readonly weaknesses: readonly { readonly id: string; readonly name: string; readonly status?: string; readonly usage?: string }[]
  }
}

const EDITION = '4.17'
/** The catalogue as the reference validator carries it: its newest edition, and the one that it holds CSAF 2.0 documents against. */
const NEWEST = `@secvisogram/csaf-validator-lib/lib/cwec/${EDITION}.js`
const EARLIER = '@secvisogram/csaf-validator-lib/lib/shared/cwec.js'

let catalogue: Promise<ReadonlyMap<string, AdvisoryWeakness>> | undefined

/** MITRE's kinds of weakness by id, without those that are deprecated or not meant for a vulnerability (CSAF 2.1 §6.2.23, §6.2.25). Read on first use. */
export function knownWeaknesses(): Promise<ReadonlyMap<string, AdvisoryWeakness>> {
  catalogue ??= readCatalogue()
  return catalogue
}

async function readCatalogue(): Promise<ReadonlyMap<string, AdvisoryWeakness>> {
  // The package has no types; its two lists are these.
  const [newest, earlier] = (await Promise.all([import(NEWEST), import(EARLIER)])) as [Catalogue, Catalogue]
  const names = new Map(earlier.default.weaknesses.map(({ id, name }) => [id, name]))
  return new Map(
    newest.default.weaknesses
      .filter(({ status, usage }) => status !== 'Deprecated' && usage !== 'Prohibited')
      .map(({ id, name }) => [id, { id, name, edition: EDITION, earlierName: names.get(id) ?? null }]),
  )
}
