import { readVerificationKeys, type VerificationKey } from '../../../../../codecs/csaf-provider/signature.ts'
import { CareCertError, Unavailable } from '../../../../../kernel/errors.ts'
import type { Problem } from '../../../../../kernel/problem.ts'
import { ask, remarkOf, type Run } from './run.ts'

const LARGEST_KEY_BYTES = 1024 * 1024

/**
 * Fetches the provider's keys, once in a run, and sets them beside those that it used before: one that is new, or that is not the one
 * that the metadata or a person names, is told. Throws `Unavailable` when a provider that promised to sign has no key that can be used.
 */
export async function loadKeys(run: Run): Promise<readonly Problem[]> {
  if (run.keys !== null) return []
  const remarks: Problem[] = []
  const keys: VerificationKey[] = []
  for (const published of run.state.provider?.keys ?? []) {
    const found = await fetchKeys(run, published.url)
    if ('failure' in found) {
      remarks.push(remarkOf('watch.csaf.key.missing', `The key at ${published.url} could not be had: ${found.failure}`))
      continue
    }
    for (const key of found.keys) {
      const { fingerprint } = key
      if (published.fingerprint !== null && fingerprint !== published.fingerprint) {
        const message = `At ${published.url} is the key ${fingerprint}, and the provider's metadata says ${published.fingerprint}. It is not used.`
        remarks.push(remarkOf('watch.csaf.key.mismatch', message))
      } else if (run.settings.fingerprints.length > 0 && !run.settings.fingerprints.includes(fingerprint)) {
        remarks.push(remarkOf('watch.csaf.key.not-allowed', `The key ${fingerprint} is not among those allowed for this source. It is not used.`))
      } else {
        remarks.push(...remember(run, published.url, fingerprint))
        keys.push(key)
      }
    }
  }
  if (keys.length === 0 && run.state.hasPromisedSignatures && run.settings.integrity === 'strict') throw withoutKey(remarks)
  run.keys = keys
  return remarks
}

async function fetchKeys(run: Run, url: string): Promise<{ readonly keys: readonly VerificationKey[] } | { readonly failure: string }> {
  try {
    const { bytes } = await ask(run, url, { largestBytes: LARGEST_KEY_BYTES })
    const read = await readVerificationKeys(bytes)
    return read.ok ? { keys: read.value } : { failure: read.problems[0]?.message ?? '' }
  } catch (error) {
    if (!(error instanceof CareCertError)) throw error
    return { failure: error.message }
  }
}

function remember(run: Run, url: string, fingerprint: string): readonly Problem[] {
  const { knownKeys } = run.state
  if (knownKeys.some(known => known.fingerprint === fingerprint)) return []
  run.state.knownKeys = [...knownKeys, { url, fingerprint }]
  if (knownKeys.length === 0) return []
  const earlier = knownKeys.map(known => known.fingerprint).join(', ')
  const message = `The provider signs with a new key: ${fingerprint}. Before, it signed with ${earlier}. Ask it by another way whether the new key is its own.`
  return [remarkOf('watch.csaf.key.changed', message)]
}

function withoutKey(remarks: readonly Problem[]): Unavailable {
  const why = remarks.map(remark => remark.message).join(' ')
  return new Unavailable(
    'watch.csaf.no-key',
    `The provider signs its advisories, and no key of it can be used, so nothing was taken in. ${why === '' ? 'Its metadata names none.' : why}`,
  )
}
