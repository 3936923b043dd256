import { recognisesChanges } from '../../../../../codecs/csaf-provider/directory.ts'
import { recognisesRolieFeed } from '../../../../../codecs/csaf-provider/feed.ts'
import { readProviderMetadata, recognisesProviderMetadata, type ProviderMetadata } from '../../../../../codecs/csaf-provider/metadata.ts'
import { csafAddresses } from '../../../../../codecs/csaf-provider/security-text.ts'
import { recognisesCsaf } from '../../../../../codecs/csaf/advisory.ts'
import { decodeText } from '../../../../../kernel/encoding.ts'
import { CareCertError, Invalid, Unavailable } from '../../../../../kernel/errors.ts'
import { lineAt, listAt, parseJson, recordAt } from '../../../../../kernel/json.ts'
import type { Problem } from '../../../../../kernel/problem.ts'
import type { Fetched } from '../../../../../platform/fetch/fetch.ts'
import { ask, isMissing, remarkOf, type Run } from './run.ts'
import { NO_VALIDATORS, type Root } from './state.ts'

/** What looking at the source's beginning gave. */
export interface RootFound {
  readonly remarks: readonly Problem[]
  /** Whether the metadata was read anew, and may say something else than before. */
  readonly isFresh: boolean
  /** Why the beginning could not be looked at, where what is remembered of it serves as well. */
  readonly failure: CareCertError | null
  /** The advisory itself, where the source's address is that of one advisory. */
  readonly document: Fetched | null
}

const LARGEST_METADATA_BYTES = 16 * 1024 * 1024
const LARGEST_SECURITY_TEXT_BYTES = 256 * 1024
const WELL_KNOWN = '/.well-known/csaf/provider-metadata.json'

/**
 * Looks at where the source begins and keeps in the state what is there: the metadata of a provider, a feed, a folder or one advisory, told
 * by what it holds. A bare host is searched as CSAF 2.0 §7.3.1 says. Throws when nothing is found and nothing is remembered.
 */
export async function lookAtRoot(run: Run): Promise<RootFound> {
  const { root } = run.state
  if (root === null) return findRoot(run)
  // A feed or a folder is looked at as a list, with its own validators.
  if (root.kind === 'feed' || root.kind === 'directory') return { remarks: [], isFresh: false, failure: null, document: null }
  try {
    const fetched = await ask(run, root.address, { validators: root.validators, largestBytes: LARGEST_METADATA_BYTES })
    return fetched.isUnchanged ? { remarks: [], isFresh: false, failure: null, document: null } : takeRoot(run, root.address, fetched)
  } catch (error) {
    if (!(error instanceof CareCertError) || run.state.provider === null) throw error
    // It may have moved: what is remembered serves for today, and the search begins anew next time.
    if (isMissing(error)) run.state.root = null
    return { remarks: [], isFresh: false, failure: error, document: null }
  }
}

async function findRoot(run: Run): Promise<RootFound> {
  const url = new URL(run.source.url)
  if (url.pathname !== '/') {
    const fetched = await ask(run, url.href, { largestBytes: LARGEST_METADATA_BYTES }).catch((error: unknown) => {
      // A folder need not have a page of its own.
      if (url.pathname.endsWith('/') && isMissing(error)) return null
      throw error
    })
    return fetched === null ? becomeList(run, { address: url.href, kind: 'directory', validators: NO_VALIDATORS }) : takeRoot(run, url.href, fetched)
  }
  for (const candidates of [() => [url.origin + WELL_KNOWN], () => fromSecurityText(run, url), () => fromDnsPath(url)]) {
    for (const candidate of await candidates()) {
      const fetched = await ask(run, candidate, { largestBytes: LARGEST_METADATA_BYTES }).catch((error: unknown) => {
        if (isNowhere(error)) return null
        throw error
      })
      if (fetched !== null) return takeRoot(run, candidate, fetched)
    }
  }
  throw new Unavailable(
    'watch.csaf.not-found',
    `${url.host} publishes no CSAF: nothing is at ${WELL_KNOWN}, in its security.txt or at csaf.data.security.${url.hostname}. Give the address of its metadata.`,
  )
}

async function fromSecurityText(run: Run, url: URL): Promise<readonly string[]> {
  // RFC 9116 §3: the well-known place, and the one from before.
  for (const path of ['/.well-known/security.txt', '/security.txt']) {
    try {
      const fetched = await ask(run, url.origin + path, { largestBytes: LARGEST_SECURITY_TEXT_BYTES })
      const text = decodeText(fetched.bytes)
      return text.ok ? csafAddresses(text.value) : []
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
  return []
}

function fromDnsPath(url: URL): readonly string[] {
  return /^[\d.]+$|^\[|^localhost$/.test(url.hostname) ? [] : [`${url.protocol}//csaf.data.security.${url.hostname}/`]
}

function isNowhere(error: unknown): boolean {
  return isMissing(error) || (error instanceof CareCertError && error.code === 'platform.fetch.unknown-host')
}

function takeRoot(run: Run, address: string, fetched: Fetched): RootFound {
  const text = decodeText(fetched.bytes)
  const json = text.ok ? parseJson(text.value) : text
  if (text.ok && !json.ok && (recognisesChanges(text.value) || address.endsWith('/'))) {
    return becomeList(run, { address: new URL('.', address).href, kind: 'directory', validators: NO_VALIDATORS })
  }
  if (!json.ok) throw notCsaf(json.problems[0]?.message ?? '')
  if (recognisesProviderMetadata(json.value)) return becomeProvider(run, address, fetched, json.value)
  if (recognisesRolieFeed(json.value)) return becomeList(run, { address, kind: 'feed', validators: NO_VALIDATORS })
  if (recognisesCsaf(json.value)) {
    run.state.root = { address, kind: 'document', validators: fetched.validators }
    return { remarks: [], isFresh: true, failure: null, document: fetched }
  }
  if (recordAt(json.value, 'aggregator') !== undefined) {
    const providers = listAt(json.value, 'csaf_providers').flatMap(entry => lineAt(recordAt(entry, 'metadata'), 'url') ?? [])
    throw new Invalid(
      'watch.csaf.aggregator',
      `This address lists ${providers.length} providers of CSAF. Add those that you want as sources of their own, such as ${providers.slice(0, 3).join(', ')}.`,
    )
  }
  throw notCsaf('It is JSON of another kind.')
}

function notCsaf(why: string): Invalid {
  return new Invalid('watch.csaf.not-csaf', `At this address is no metadata of a CSAF provider, no feed, no folder and no advisory. ${why}`)
}

function becomeList(run: Run, root: Root): RootFound {
  run.state.root = root
  run.state.provider = null
  return { remarks: [], isFresh: true, failure: null, document: null }
}

function becomeProvider(run: Run, address: string, fetched: Fetched, json: unknown): RootFound {
  const read = readProviderMetadata(json)
  if (!read.ok) throw notCsaf(read.problems[0]?.message ?? '')
  const { state } = run
  const remarks = [...read.problems, ...changesOfPromise(run, read.value)]
  state.root = { address, kind: 'provider', validators: fetched.validators }
  state.provider = read.value
  state.hasPromisedSignatures ||= read.value.role === 'csaf_trusted_provider'
  return { remarks, isFresh: true, failure: null, document: null }
}

function changesOfPromise(run: Run, metadata: ProviderMetadata): readonly Problem[] {
  const remarks: Problem[] = []
  if (run.state.hasPromisedSignatures && metadata.role !== 'csaf_trusted_provider')
    remarks.push(
      remarkOf(
        'watch.csaf.role',
        'The provider promised to sign its advisories, and does not promise it any more. Signatures are asked for all the same.',
      ),
    )
  if (metadata.maintainedUntil !== null && new Date(metadata.maintainedUntil) < run.source.now)
    remarks.push(
      remarkOf(
        'watch.csaf.unmaintained',
        `The provider has not kept this up since ${metadata.maintainedUntil.slice(0, 10)}. Look for its successor.`,
      ),
    )
  return remarks
}
