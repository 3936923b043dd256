/**
 * Reads an address that came from outside and may be shown as a link: http or https, with a host, without a user name or password.
 * Gives `undefined` for anything else, `javascript:` and relative addresses included.
 */
export function parseWebAddress(text: string): string | undefined {
  const trimmed = text.trim()
  if (!/^https?:\/\//i.test(trimmed) || !URL.canParse(trimmed)) return undefined
  const url = new URL(trimmed)
  return url.username === '' && url.password === '' ? url.href : undefined
}

/** Whether the text begins as an address of the web, as against the path of a file. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text)
}
