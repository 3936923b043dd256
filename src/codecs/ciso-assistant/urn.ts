import { frameworkCode, type FrameworkKey } from '../../kernel/framework.ts'

/** The framework of a URN such as `urn:intuitem:risk:framework:nist-csf-2.0`, taken apart. */
export function keyOfUrn(urn: string): FrameworkKey {
  const name = urn.split(':')[4] ?? urn
  const found = /^(.+?)[-_](?:v|rev)?(\d+(?:\.\d+)*)$/.exec(name)
  const code = frameworkCode(found?.[1] ?? name)
  return { code: SHORT[code] ?? code, version: found?.[2] ?? '' }
}

/** Names that are longer than anybody says. */
const SHORT: Readonly<Record<string, string>> = { 'cyber-essentials-requirements-for-it-infrastructure': 'cyber-essentials' }

/** The last part of a requirement's URN: `gv.oc-01`. In capitals, as the reference that it usually is. */
export function nodeOfUrn(urn: string): string {
  return urn.split(':').slice(5).join(':').toUpperCase()
}
