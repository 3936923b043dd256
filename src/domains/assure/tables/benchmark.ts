export type BenchmarkTables = Record<never, never>
