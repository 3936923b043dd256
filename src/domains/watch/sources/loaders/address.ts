/** The address with these parameters in its query, in place of any of the same names. What is `null` is left out. */
export function withParameters(address: string, parameters: Readonly<Record<string, string | number | null>>): string {
  const url = new URL(address)
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null) url.searchParams.delete(name)
    else url.searchParams.set(name, String(value))
  }
  return url.href
}
