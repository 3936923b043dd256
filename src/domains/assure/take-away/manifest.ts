import { z } from 'zod'
import { parseJson } from '../../../kernel/json.ts'

export const MANIFEST = 'take-away.json'
/** Raised when an older reader would misread what is written. */
const FORMAT = 1

const PATH = /^(?:data\/[a-z_]{1,60}\.jsonl|files\/evd_[0-9a-f]{32}|(?:index\.html|outcomes\.csv|evidence\.csv|actions\.csv))$/

export const Manifest = z.strictObject({
  carecert: z.literal(FORMAT),
  kind: z.literal('assure-take-away'),
  madeAt: z.iso.datetime(),
  organisation: z.strictObject({ id: z.string().max(60), code: z.string().max(20), name: z.string().max(400) }),
  /** Every file of the archive but this one. */
  files: z
    .array(z.strictObject({ path: z.string().regex(PATH), bytes: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }))
    .max(50_000),
})
export type Manifest = z.infer<typeof Manifest>

export function manifestOf(made: Omit<Manifest, 'carecert' | 'kind'>): Manifest {
  return { carecert: FORMAT, kind: 'assure-take-away', ...made }
}

/** Whether an entry may be called so: whatever else an archive names is not read, so no name leads out of it. */
export function isOurPath(path: string): boolean {
  return path === MANIFEST || PATH.test(path)
}

/** The manifest; `undefined` for what is none. */
export function readManifest(text: string): Manifest | undefined {
  const read = parseJson(text)
  const parsed = Manifest.safeParse(read.ok ? read.value : null)
  return parsed.success ? parsed.data : undefined
}

export function dataPath(table: string): string {
  return `data/${table}.jsonl`
}

export function filePath(evidenceId: string): string {
  return `files/${evidenceId}`
}
