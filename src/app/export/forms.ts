import { writeProvider } from '../../interop/csaf-provider/export.ts'
import { PROVIDED_LABELS } from '../../interop/csaf-provider/model.ts'
import type { ExportedForm } from './write.ts'

/** The forms in which others read what we know, each written into a folder of its own. */
export const FORMS: readonly ExportedForm[] = [
  {
    name: 'csaf',
    write: async (platform, actor, folder) => void (await writeProvider(platform, actor, folder, { labels: PROVIDED_LABELS, onProgress: () => {} })),
  },
]
