import { severityOfCvss } from '../../kernel/severity.ts'
import {
  csafLabel,
  type Advisory,
  type AdvisoryNote,
  type AdvisoryScore,
  type AdvisoryVulnerability,
  type AdvisoryWeakness,
  type CsafVersion,
} from './advisory.ts'

type Members = { readonly [name: string]: Member }
type Member = string | number | boolean | null | undefined | readonly Member[] | Members

const SCHEMA_2_1 = 'https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json'
const TLP_URL = 'https://www.first.org/tlp/'

/**
 * Writes an advisory as a document of that version of CSAF: JSON with its members sorted (§6.2.13), two blanks deep, a newline at the end. The same advisory gives
 * the same bytes. What is withdrawn or superseded keeps its id and history, and drops what it said (CSAF 2.1 §4.6, §4.7); 2.0 has no such profile, so it is
 * written to its base profile, and the title says so, as publishers do.
 */
export function writeCsaf(advisory: Advisory, version: CsafVersion): string {
  const isOver = advisory.kind === 'withdrawn' || advisory.kind === 'superseded'
  const file: Member = {
    ...(version === '2.1' ? { $schema: SCHEMA_2_1 } : {}),
    document: documentOf(advisory, version),
    ...(isOver || advisory.products.length === 0 ? {} : { product_tree: productTree(advisory) }),
    ...(advisory.kind === 'security' ? { vulnerabilities: vulnerabilitiesOf(advisory, version) } : {}),
  }
  return `${JSON.stringify(sorted(file), null, 2)}\n`
}

function documentOf(advisory: Advisory, version: CsafVersion): Member {
  const { kind, publisher, tlp, sharingGroup, severity, references, notes } = advisory
  return {
    aggregate_severity: { text: severity },
    category: categoryOf(advisory, version),
    csaf_version: version,
    distribution: {
      ...(version === '2.1' && sharingGroup !== null ? { sharing_group: { id: sharingGroup.id, name: sharingGroup.name } } : {}),
      ...distributionText(advisory, version),
      tlp: { label: csafLabel(tlp, version), url: TLP_URL },
    },
    lang: advisory.lang,
    notes: notes.map(noteOf),
    publisher: {
      category: version === '2.1' ? 'multiplier' : 'coordinator',
      ...(publisher.contact === null ? {} : { contact_details: publisher.contact }),
      name: publisher.name,
      namespace: publisher.namespace,
    },
    ...(references.length === 0 ? {} : { references: references.map(({ category, summary, url }) => ({ category, summary, url })) }),
    title: version === '2.0' && (kind === 'withdrawn' || kind === 'superseded') ? `Withdrawn: ${advisory.title}` : advisory.title,
    tracking: trackingOf(advisory),
  }
}

/** CSAF 2.1 takes a security advisory only where every vulnerability has affected products (§6.1.27.12), which asks for scores; else its base profile. */
function categoryOf({ kind, vulnerabilities }: Advisory, version: CsafVersion): string {
  if (kind === 'informational') return 'csaf_informational_advisory'
  if (kind !== 'security') return version === '2.1' ? `csaf_${kind}` : 'csaf_base'
  const isSettled = vulnerabilities.every(vulnerability => scoresFor(vulnerability, version).length > 0)
  return version === '2.1' && !isSettled ? 'csaf_base' : 'csaf_security_advisory'
}

/** What the label does not say: that CSAF 2.0 has no word for it, or none for a group. */
function distributionText({ tlp, sharingGroup }: Advisory, version: CsafVersion): { text?: string } {
  const group = sharingGroup === null ? [] : [`For the members of the sharing group ${sharingGroup.name} alone.`]
  const label =
    version === '2.0' && tlp === 'AMBER+STRICT' ? ['Labelled TLP:AMBER+STRICT by TLP 2.0: for the recipient’s own organisation alone.'] : []
  const text = [...label, ...group].join(' ')
  return text === '' ? {} : { text }
}

function trackingOf({ id, revisions, isInterim, generator }: Advisory): Member {
  const dates = revisions.map(({ at }) => at.toISOString())
  const current = dates.at(-1)
  return {
    current_release_date: current,
    generator: { date: current, engine: { name: generator.name, ...(generator.version === null ? {} : { version: generator.version }) } },
    id,
    initial_release_date: dates[0],
    revision_history: revisions.map(({ summary }, index) => ({ date: dates[index], number: String(index + 1), summary })),
    status: isInterim ? 'interim' : 'final',
    version: String(revisions.length),
  }
}

function noteOf({ category, title, text }: AdvisoryNote): Member {
  return { category, text, title }
}

/** Products stand by their full names: a bulletin names them as its sources do, and does not say which part of a name is the maker's. */
function productTree({ products, publisher }: Advisory): Member {
  return {
    full_product_names: products.map(({ id, name, uri }) => ({
      name,
      product_id: id,
      product_identification_helper: { x_generic_uris: [{ namespace: publisher.namespace, uri }] },
    })),
  }
}

/**
 * A bulletin names vulnerabilities and products, and not which is in which, so each vulnerability has all of its products. CSAF wants a CVSS score beside every
 * product that is affected (§6.2.3). Without one it is not settled: `unknown` in 2.1, where a remediation is discouraged then (§6.2.27; what to do stands in
 * the notes), and `under_investigation` in 2.0, which wants one (§6.2.2).
 */
function vulnerabilitiesOf(advisory: Advisory, version: CsafVersion): Member {
  const products = advisory.products.map(({ id }) => id)
  const remediations = advisory.remediations.map(({ category, details, url }) => ({
    category,
    details,
    product_ids: products,
    ...(url === null ? {} : { url }),
  }))
  return advisory.vulnerabilities.map(vulnerability => {
    const scores = scoresFor(vulnerability, version)
    const isSettled = scores.length > 0
    return {
      cve: vulnerability.cve,
      ...weaknessMembers(vulnerability.weaknesses, version),
      notes: [noteOf({ category: 'description', title: 'Description', text: vulnerability.note })],
      ...scoreMembers(scores, products, version),
      product_status: { [isSettled ? 'known_affected' : version === '2.1' ? 'unknown' : 'under_investigation']: products },
      ...(isSettled || version === '2.0' ? { remediations } : {}),
      threats: [{ category: 'impact', details: `The severity of the advisory as a whole: ${advisory.severity}`, product_ids: products }],
    }
  })
}

/** CSAF 2.0 knows no CVSS 4.0. */
function scoresFor({ scores }: AdvisoryVulnerability, version: CsafVersion): readonly AdvisoryScore[] {
  return version === '2.1' ? scores : scores.filter(score => score.version === '3.1')
}

/** CSAF 2.0 has room for one, 2.1 for all. */
function weaknessMembers(weaknesses: readonly AdvisoryWeakness[], version: CsafVersion): Members {
  if (version === '2.1') return weaknesses.length === 0 ? {} : { cwes: weaknesses.map(({ id, name, edition }) => ({ id, name, version: edition })) }
  const first = weaknesses.find(({ earlierName }) => earlierName !== null)
  return first === undefined ? {} : { cwe: { id: first.id, name: first.earlierName } }
}

function scoreMembers(scores: readonly AdvisoryScore[], products: readonly string[], version: CsafVersion): Members {
  if (scores.length === 0) return {}
  const content = Object.fromEntries(scores.flatMap(score => Object.entries(cvssMember(score))))
  return version === '2.1' ? { metrics: [{ content, products }] } : { scores: [{ ...content, products }] }
}

function cvssMember({ version, vector, baseTenths }: AdvisoryScore): Members {
  const cvss = { baseScore: baseTenths / 10, baseSeverity: severityOfCvss(baseTenths).toUpperCase(), vectorString: vector, version }
  return version === '3.1' ? { cvss_v3: cvss } : { cvss_v4: cvss }
}

function sorted(value: Member): Member {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  )
}
