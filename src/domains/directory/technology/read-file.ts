import { createHash } from 'node:crypto'
import { parseTechnologyCsv } from '../../../codecs/technology/csv.ts'
import { parseCycloneDx } from '../../../codecs/technology/cyclonedx.ts'
import { parseMapping } from '../../../codecs/technology/mapping.ts'
import { decodeText } from '../../../kernel/encoding.ts'
import { Invalid } from '../../../kernel/errors.ts'
import type { LocalDate } from '../../../kernel/instant.ts'
import type { Problem, Result } from '../../../kernel/problem.ts'
import type { ImportedTechnology, TechnologyImport } from './model.ts'

export const TECHNOLOGY_FORMATS = ['csv', 'cyclonedx'] as const
export type TechnologyFormat = (typeof TECHNOLOGY_FORMATS)[number]

export interface TechnologyFileOptions {
  readonly format: TechnologyFormat
  /** Which columns of a CSV file hold what: the name of a mapping, or pairs. `null` to go by the headings. */
  readonly mapping: string | null
  /** Whom the whole file is about. Needed for CycloneDX, which does not say; of a CSV file, rows about others are rejected. */
  readonly organisationCode: string | null
  readonly source: string
  /** The day for which the list is true, where it does not say itself. */
  readonly asOf: LocalDate | null
  readonly shared: boolean
}

export interface ReadTechnologyFile {
  readonly import: TechnologyImport
  /** For a person. */
  readonly label: string
  readonly warnings: readonly Problem[]
}

/** Reads a list of what organisations run. Throws `Invalid` when it is no such list; single bad rows are in the import's `rejected`. */
export function readTechnologyFile(bytes: Uint8Array, name: string, options: TechnologyFileOptions): ReadTechnologyFile {
  const text = valueOf(name, decodeText(bytes))
  const mapping = options.mapping === null ? undefined : valueOf(name, parseMapping(options.mapping))
  const parsed = options.format === 'csv' ? parseTechnologyCsv(text, mapping) : parseCycloneDx(text)
  const file = valueOf(name, parsed)
  if (options.format === 'cyclonedx' && options.organisationCode === null) {
    throw new Invalid('directory.technology.whose', 'A CycloneDX inventory does not say whose it is. Name the organisation with --organisation CODE.')
  }
  const rows: ImportedTechnology[] = []
  const rejected = file.rejected.map(({ position, reason }) => rejectedRow(position, reason))
  for (const row of file.rows) {
    const organisationCode = (row.organisationCode ?? options.organisationCode ?? '').toUpperCase()
    const isOfAnother = options.organisationCode !== null && organisationCode !== options.organisationCode.toUpperCase()
    if (isOfAnother)
      rejected.push(
        rejectedRow(row.position, `this is about ${organisationCode}, and the list was given for ${options.organisationCode.toUpperCase()}.`),
      )
    else rows.push({ ...row, organisationCode, asOf: row.asOf ?? options.asOf })
  }
  return {
    import: { rows, rejected, source: options.source, shared: options.shared, digest: createHash('sha256').update(bytes).digest('hex') },
    label: file.label,
    warnings: parsed.problems,
  }
}

/** The same for a list that was pasted or sent, about one organisation. */
export function readTechnologyList(
  { list, ...options }: Pick<TechnologyFileOptions, 'format' | 'source' | 'asOf' | 'shared'> & { readonly list: string },
  organisationCode: string,
): ReadTechnologyFile {
  return readTechnologyFile(Buffer.from(list, 'utf8'), 'The list', { ...options, mapping: null, organisationCode })
}

function rejectedRow(position: string, reason: string): Problem {
  const message = `${position.charAt(0).toUpperCase()}${position.slice(1)}: ${reason}`
  return { rule: 'directory.technology.row', pointer: position, severity: 'error', message }
}

function valueOf<T>(name: string, result: Result<T>): T {
  if (result.ok) return result.value
  const reasons = result.problems.filter(problem => problem.severity === 'error').map(problem => problem.message)
  throw new Invalid('directory.technology.file', [`${name} was refused, and nothing of it was imported.`, ...reasons].join('\n'))
}
