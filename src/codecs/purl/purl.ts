import { PackageURL } from 'packageurl-js'

/** A package as a package URL names it (https://github.com/package-url/purl-spec). */
export interface Package {
  /** What is the same for every version of it: `npm/@scope/name`, `deb/debian/openssl`. */
  readonly identity: string
  readonly version: string | null
}

/** Reads a package URL, or gives `undefined` when it is none. Qualifiers and subpaths are left out: they say where a file lies, not what it is. */
export function parsePurl(written: string): Package | undefined {
  try {
    const { type, namespace, name, version } = PackageURL.fromString(written.trim())
    if (type === undefined || name === undefined) return undefined
    return { identity: [type, namespace, name].filter(part => part !== undefined && part !== '').join('/'), version: version ?? null }
  } catch {
    return undefined
  }
}
