export function name(text: string): unknown {
  return JSON.parse(text).name as unknown
}
