export function one(): number {
  var count = 1
  count += 0
  return count
}
