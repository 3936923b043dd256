export type EvidenceTables = Record<never, never>
