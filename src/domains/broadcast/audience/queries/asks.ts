import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

/** What the queries of an audience ask with: a read, or a unit of work. */
export type Asks = Pick<Reader<Visible>, 'selectFrom' | 'getExecutor'>
