export type InvestmentTables = Record<never, never>
