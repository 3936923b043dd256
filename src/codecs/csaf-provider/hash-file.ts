import { fail, succeed, type Result } from '../../kernel/problem.ts'

export type HashAlgorithm = 'sha256' | 'sha512'

/** Best first. MD5 and SHA-1 prove nothing (CSAF 2.0 §7.1.18). */
const HASH_ALGORITHMS: readonly HashAlgorithm[] = ['sha512', 'sha256']

const FIGURES = { sha256: 64, sha512: 128 } as const

/** The algorithm of a hash file, by the ending of its address. */
export function hashAlgorithmOf(address: string): HashAlgorithm | undefined {
  return HASH_ALGORITHMS.find(algorithm => address.endsWith(`.${algorithm}`))
}

/**
 * Reads a file of `sha256sum` or `sha512sum`: the hash in hexadecimal, then blanks and the name of the file that it is of (CSAF 2.0 §7.1.18).
 * Gives the hash in lower case. Fails with `csaf-provider.hash.malformed`; warns with `csaf-provider.hash.name` when it names another file
 * than `fileName`.
 */
export function readHashFile(text: string, algorithm: HashAlgorithm, fileName: string): Result<string> {
  const match = /^\uFEFF?\s*([0-9a-f]+)(?:\s+\*?(\S.*?))?\s*$/i.exec(text.split('\n')[0] ?? '')
  const hash = match?.[1]?.toLowerCase()
  if (hash === undefined || hash.length !== FIGURES[algorithm]) {
    const message = `The file with the hash does not begin with ${FIGURES[algorithm]} hexadecimal figures.`
    return fail({ rule: 'csaf-provider.hash.malformed', pointer: 'line 1', severity: 'error', message })
  }
  const named = match?.[2]?.split(/[/\\]/).at(-1)
  if (named === undefined || named === fileName) return succeed(hash)
  const message = `The file with the hash names ${named.slice(0, 80)}, and belongs to ${fileName}.`
  return succeed(hash, [{ rule: 'csaf-provider.hash.name', pointer: 'line 1', severity: 'warning', message }])
}
