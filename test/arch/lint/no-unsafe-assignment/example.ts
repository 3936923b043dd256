export function parse(text: string): unknown {
  const value = JSON.parse(text)
  return value as unknown
}
