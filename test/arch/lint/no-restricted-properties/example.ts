export function draw(): number {
  return Math.random()
}
