export function now(): readonly number[] {
  return [new Date().getTime(), Date.now()]
}
