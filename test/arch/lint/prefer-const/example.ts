export function one(): number {
  let count = 1
  return count
}
