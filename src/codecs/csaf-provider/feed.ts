import { gatherFindings, type Complain } from '../../kernel/findings.ts'
import { parseInstant } from '../../kernel/instant.ts'
import { lineAt, listAt, memberOf, recordAt } from '../../kernel/json.ts'
import { fail, succeed, type Result } from '../../kernel/problem.ts'
import { parseWebAddress } from '../../kernel/web-address.ts'
import type { ListedDocument } from './listed.ts'

/** Whether parsed JSON is a ROLIE feed. */
export function recognisesRolieFeed(json: unknown): boolean {
  return recordAt(json, 'feed') !== undefined
}

/**
 * Reads a ROLIE feed in JSON (RFC 8322, CSAF 2.0 §7.1.15) that was fetched from `base`. Fails with `csaf-provider.feed.not-feed`; warns with
 * `csaf-provider.feed.entry` for one that names no document, `.link` for links that depart from the standard, `.date`, and `.paged` for a
 * feed that goes on elsewhere.
 */
export function readRolieFeed(json: unknown, base: string): Result<readonly ListedDocument[]> {
  const feed = recordAt(json, 'feed')
  if (feed === undefined) {
    const isOther = recordAt(json, 'service') !== undefined || recordAt(json, 'categories') !== undefined
    const message = isOther
      ? 'This is a ROLIE service or category document, which lists feeds and not advisories. Gather the feed.'
      : 'This is not a ROLIE feed: it has no "feed".'
    return fail({ rule: 'csaf-provider.feed.not-feed', pointer: '', severity: 'error', message })
  }
  const { complain, problems } = gatherFindings('csaf-provider.feed')
  if (linksOf(feed).some(link => link.rel === 'next'))
    complain(
      'paged',
      '/feed/link',
      'The feed goes on at another address, though a CSAF feed must hold everything. Only what it holds itself was read.',
    )
  const documents = listAt(feed, 'entry').flatMap((entry, at) => documentOf(entry, `/feed/entry/${at}`, base, complain))
  return succeed(documents, problems())
}

interface Link {
  readonly rel: string | undefined
  readonly href: string
  readonly isMisnamed: boolean
}

/** CSAF wants `rel`; CISA's feeds have `ref` in its place at some links. */
function linksOf(value: unknown): readonly Link[] {
  return listAt(value, 'link').flatMap(link => {
    const href = lineAt(link, 'href')
    const rel = lineAt(link, 'rel')
    return href === undefined ? [] : [{ href, rel: rel ?? lineAt(link, 'ref'), isMisnamed: rel === undefined }]
  })
}

function documentOf(entry: unknown, pointer: string, base: string, complain: Complain): ListedDocument[] {
  const links = linksOf(entry)
  const addressOf = (href: string | undefined) => (href === undefined ? undefined : parseWebAddress(URL.parse(href, base)?.href ?? ''))
  const addressesOf = (rel: string) =>
    links
      .filter(link => link.rel === rel)
      .map(link => addressOf(link.href))
      .filter(address => address !== undefined)
  const address = addressOf(lineAt(recordAt(entry, 'content'), 'src')) ?? addressesOf('self')[0]
  const id = lineAt(entry, 'id') ?? 'without an id'
  if (address === undefined) {
    complain('entry', pointer, `The entry ${id.slice(0, 60)} names no document. It was left out.`)
    return []
  }
  if (links.some(link => link.isMisnamed))
    complain('link', `${pointer}/link`, `A link of the entry ${id.slice(0, 60)} does not say what it is in "rel".`)
  return [
    {
      address,
      hashes: addressesOf('hash').filter(isHashAddress),
      signature: addressesOf('signature')[0] ?? null,
      updated: updatedOf(entry, pointer, complain),
    },
  ]
}

/** CSAF 2.0 §7.1.18 allows SHA-256 and SHA-512, by the ending of the name. */
function isHashAddress(address: string): boolean {
  return /\.(?:sha256|sha512)$/.test(address)
}

function updatedOf(entry: unknown, pointer: string, complain: Complain): string | null {
  const text = lineAt(entry, 'updated')
  const instant = parseInstant(text ?? '')
  if (instant !== undefined) return instant.toISOString()
  const isMissing = memberOf(entry, 'updated') === undefined
  complain(
    'date',
    `${pointer}/updated`,
    isMissing ? 'An entry does not say when it was changed.' : `The date "${(text ?? '').slice(0, 40)}" cannot be read.`,
  )
  // Any other text there means another state of the document, so it serves as well to tell whether it changed.
  return text ?? null
}
