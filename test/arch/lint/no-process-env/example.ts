export function port(): string | undefined {
  return process.env['PORT']
}
