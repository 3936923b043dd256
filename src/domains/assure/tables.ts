import type { DirectoryVisible } from '../directory/contract.ts'
import type { AssessmentTables } from './tables/assessments.ts'
import type { BenchmarkTables } from './tables/benchmark.ts'
import type { EvidenceTables } from './tables/evidence.ts'
import type { FrameworkTables } from './tables/frameworks.ts'
import type { InvestmentTables } from './tables/investment.ts'
import type { PlanTables } from './tables/plans.ts'
import type { ReviewTables } from './tables/review.ts'

type AssureTables = FrameworkTables & AssessmentTables & ReviewTables & EvidenceTables & BenchmarkTables & InvestmentTables & PlanTables

/** What queries of assure can see: its own tables, and what the directory lets others join. */
export type Visible = AssureTables & DirectoryVisible
