import { openDatabase, type Database } from '../../src/platform/db/database.ts'
import { createTestDatabase } from '../../test/support/database.ts'
import { startServer } from './server.ts'

/** An engine on which one and the same thing is measured. */
export interface Engine {
  readonly name: 'PostgreSQL' | 'embedded'
  /** Makes an empty, migrated database, lends it to `use`, and takes it away. */
  withDatabase<R>(use: (database: Database) => Promise<R>): Promise<R>
}

/** Lends both engines to `use`: a PostgreSQL server of our own, and the embedded database. */
export async function withEngines(use: (engines: readonly Engine[]) => Promise<void>): Promise<void> {
  const server = await startServer()
  try {
    await use([engine('PostgreSQL', server.adminUrl), engine('embedded', null)])
  } finally {
    await server.stop()
  }
}

function engine(name: Engine['name'], adminUrl: string | null): Engine {
  return {
    name,
    async withDatabase(use) {
      const made = await createTestDatabase(adminUrl)
      const database = await openDatabase(made.address)
      try {
        return await use(database)
      } finally {
        await database.close()
        await made.remove()
      }
    },
  }
}
