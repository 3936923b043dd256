import type { ExportedForm } from './write.ts'

/** The forms in which others read what we know, each written into a folder of its own. */
export const FORMS: readonly ExportedForm[] = []
