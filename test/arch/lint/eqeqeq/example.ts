export function isNone(count: number): boolean {
  return count == 0
}
