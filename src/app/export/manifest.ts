import { z } from 'zod'
import { Invalid } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'

/** The file that says what a folder of an export holds. It is written last: without it, the folder is not whole. */
export const MANIFEST = 'export.json'

/** Where the rows stand: one file of JSON lines for each table that has any. */
export const DATA = 'data'

export const Manifest = z.object({
  carecert: z.literal(1),
  kind: z.literal('export'),
  madeAt: z.iso.datetime(),
  by: z.string(),
  /** Whether it holds everything, and not what one person may see: only the whole can be imported. */
  isWhole: z.boolean(),
  /** The version of the schema, as its migrations. */
  migrations: z.array(z.string()),
  /** In the order in which they load. */
  tables: z.array(z.object({ name: z.string().regex(/^[a-z_]+$/), rows: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
  /** Tables that stay behind, by name. */
  leftOut: z.array(z.string()),
})
export type Manifest = z.infer<typeof Manifest>

/** Reads the manifest of an export. Throws `Invalid` when it is none. */
export function readManifest(text: string): Manifest {
  const read = parseJson(text)
  const parsed = Manifest.safeParse(read.ok ? read.value : null)
  if (!parsed.success) throw new Invalid('app.export.no-export', `This folder holds no whole export: its ${MANIFEST} cannot be used.`)
  return parsed.data
}
