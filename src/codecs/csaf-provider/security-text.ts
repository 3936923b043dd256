import { parseWebAddress } from '../../kernel/web-address.ts'

/**
 * The addresses that the `CSAF` lines of a security.txt give (RFC 9116; CSAF 2.0 §7.1.8), in its order: over https only, each once. The
 * file may be signed in clear text; the signature is not looked at, since what it leads to is judged by itself.
 */
export function csafAddresses(securityText: string): readonly string[] {
  const addresses = securityText.split(/\r?\n/).flatMap(line => {
    const match = /^csaf\s*:\s*(https:\/\/\S+)\s*$/i.exec(line)
    const address = match === null ? undefined : parseWebAddress(match[1] ?? '')
    return address === undefined ? [] : [address]
  })
  return [...new Set(addresses)]
}
