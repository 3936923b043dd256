export function report(): void {
  console.log('done')
}
