import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { parseOdsFile } from '../../../codecs/ods/file.ts'
import type { OdsKind } from '../../../codecs/ods/organisation.ts'
import { Invalid } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import type { OrganisationImport } from './model.ts'

/** Lists made from ODS data, that name organisations and say little of them. */
const OUTLINES: ReadonlySet<OdsKind> = new Set(['sub-board-lookup', 'board-names', 'pharmacy-list', 'care-home-list'])

export interface ReadOrganisationFile {
  readonly import: OrganisationImport
  /** For a person: `NHS trusts (etr)`. */
  readonly label: string
  readonly warnings: readonly Problem[]
}

/** Reads a file of organisations as a whole. Throws `Invalid`, with every reason, when it is not what it claims or is damaged. */
export function readOrganisationFile(bytes: Uint8Array, path: string): ReadOrganisationFile {
  const name = basename(path)
  const file = parseOdsFile(bytes, name)
  if (!file.ok) {
    const reasons = file.problems.filter(problem => problem.severity === 'error').map(problem => problem.message)
    throw new Invalid('directory.organisation.file', [`${name} was refused, and nothing of it was imported.`, ...reasons].join('\n'))
  }
  const { kind, label, organisations } = file.value
  return {
    import: {
      rows: organisations,
      fileKind: kind,
      isOutline: OUTLINES.has(kind),
      source: name,
      digest: createHash('sha256').update(bytes).digest('hex'),
    },
    label,
    warnings: file.problems,
  }
}
