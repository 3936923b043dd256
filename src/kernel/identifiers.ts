/**
 * Reads the identifier of a vulnerability, such as `CVE-2024-12345`, in any case (CVE Record Format 5, `cveId`: a year, and 4 to 19
 * digits). Gives it in upper case, or `undefined` for anything else.
 */
export function parseCveId(text: string): string | undefined {
  const id = text.trim().toUpperCase()
  return /^CVE-\d{4}-\d{4,19}$/.test(id) ? id : undefined
}

/**
 * Reads the identifier of a kind of weakness, such as `CWE-79`, in any case. Only its form is looked at, since the list of MITRE grows.
 * Gives `undefined` for anything else, the stand-ins of the NVD (`NVD-CWE-Other`, `NVD-CWE-noinfo`) included.
 */
export function parseCweId(text: string): string | undefined {
  const id = text.trim().toUpperCase()
  return /^CWE-[1-9]\d{0,4}$/.test(id) ? id : undefined
}

/** The identifiers of weaknesses that stand in a text, such as "CWE-79 Improper Neutralization of Input", each once. */
export function cweIdsIn(text: string): readonly string[] {
  const words = text.match(/(?<![\w-])CWE-\d+(?![\w-])/gi) ?? []
  return [...new Set(words.map(parseCweId).filter(id => id !== undefined))]
}
