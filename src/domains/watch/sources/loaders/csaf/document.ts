import { createHash } from 'node:crypto'
import { hashAlgorithmOf, readHashFile, type HashAlgorithm } from '../../../../../codecs/csaf-provider/hash-file.ts'
import type { ListedDocument } from '../../../../../codecs/csaf-provider/listed.ts'
import { verifySignature } from '../../../../../codecs/csaf-provider/signature.ts'
import { Invalid } from '../../../../../kernel/errors.ts'
import type { Problem } from '../../../../../kernel/problem.ts'
import type { Integrity } from '../../loader.ts'
import { ask, isMissing, remarkOf, type Run } from './run.ts'

/** A document whose proofs were looked at, and do not speak against it. */
export interface ProvenDocument {
  readonly bytes: Uint8Array
  readonly integrity: Integrity
  readonly remarks: readonly Problem[]
}

/** What was fetched is not what its publisher wrote, or cannot be shown to be. */
export class Unproven extends Invalid {
  readonly bytes: Uint8Array

  constructor(code: string, message: string, bytes: Uint8Array) {
    super(code, message)
    this.bytes = bytes
  }
}

const LARGEST_ASIDE_BYTES = 256 * 1024
const TIMEOUT_MILLIS = 30_000
/**
 * Fetches a document with its hash and its signature, and sets them beside each other. Throws `Unproven` (`watch.csaf.hash`,
 * `watch.csaf.signature`, `watch.csaf.unsigned`) for what is refused, and as `Outbound.get` for what cannot be had. Before, the keys must
 * have been loaded.
 */
export async function fetchDocument(run: Run, listed: ListedDocument): Promise<ProvenDocument> {
  const [document, hash, signature] = await Promise.allSettled([
    ask(run, listed.address, { timeoutMillis: TIMEOUT_MILLIS }),
    fetchHash(run, listed),
    fetchSignature(run, listed),
  ])
  if (document.status === 'rejected') throw document.reason
  if (hash.status === 'rejected') throw hash.reason
  if (signature.status === 'rejected') throw signature.reason
  const { bytes } = document.value
  const remarks: Problem[] = []
  const proven = compareHash(listed, bytes, hash.value, remarks)
  const signedBy = await checkSignature(run, bytes, signature.value, remarks)
  return { bytes, integrity: { hash: proven, signedBy }, remarks }
}

interface HashFile {
  readonly algorithm: HashAlgorithm
  readonly bytes: Uint8Array
}

async function fetchHash(run: Run, listed: ListedDocument): Promise<HashFile | null> {
  const byStrength = listed.hashes.toSorted((a, b) => Number(hashAlgorithmOf(b) === 'sha512') - Number(hashAlgorithmOf(a) === 'sha512'))
  for (const address of byStrength) {
    const algorithm = hashAlgorithmOf(address)
    const bytes = algorithm === undefined ? null : await fetchAside(run, address)
    if (algorithm !== undefined && bytes !== null) return { algorithm, bytes }
  }
  return null
}

/** Without a key there is nothing to check a signature with. */
async function fetchSignature(run: Run, listed: ListedDocument): Promise<Uint8Array | null> {
  return listed.signature === null || run.keys === null || run.keys.length === 0 ? null : fetchAside(run, listed.signature)
}

/** A file beside a document, or `null` when there is none. Any other failure is thrown: a proof that cannot be had just now is no missing one. */
async function fetchAside(run: Run, address: string): Promise<Uint8Array | null> {
  try {
    return (await ask(run, address, { largestBytes: LARGEST_ASIDE_BYTES, timeoutMillis: TIMEOUT_MILLIS })).bytes
  } catch (error) {
    if (!isMissing(error)) throw error
    return null
  }
}

function compareHash(listed: ListedDocument, bytes: Uint8Array, file: HashFile | null, remarks: Problem[]): HashAlgorithm | null {
  if (file === null) return null
  const name = new URL(listed.address).pathname.split('/').at(-1) ?? ''
  const read = readHashFile(new TextDecoder().decode(file.bytes), file.algorithm, name)
  remarks.push(...read.problems)
  if (!read.ok) return null
  const actual = createHash(file.algorithm).update(bytes).digest('hex')
  if (actual === read.value) return file.algorithm
  throw new Unproven(
    'watch.csaf.hash',
    `The advisory is not the one whose hash its publisher gives (${file.algorithm}), so it was refused. It is asked for again later.`,
    bytes,
  )
}

async function checkSignature(run: Run, bytes: Uint8Array, signature: Uint8Array | null, remarks: Problem[]): Promise<string | null> {
  const keys = run.keys ?? []
  if (signature !== null && keys.length > 0) {
    const result = await verifySignature(bytes, signature, keys, run.source.now)
    if (result.ok) return result.value
    const [problem] = result.problems
    // A page that says "not found" in place of a signature proves nothing, and speaks against nothing.
    if (problem?.rule !== 'csaf-provider.signature.unreadable')
      throw new Unproven('watch.csaf.signature', `${problem?.message ?? ''} It was refused, and is asked for again later.`, bytes)
    remarks.push(problem)
  }
  if (!run.state.hasPromisedSignatures) return null
  const message = 'The provider promised to sign its advisories, and this one has no signature that can be checked.'
  if (run.settings.integrity === 'strict')
    throw new Unproven('watch.csaf.unsigned', `${message} It was refused, and is asked for again later.`, bytes)
  remarks.push(remarkOf('watch.csaf.unsigned', message))
  return null
}
