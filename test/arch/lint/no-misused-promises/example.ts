async function save(): Promise<void> {}

export function run(rows: readonly string[]): void {
  rows.forEach(async () => await save())
}
