import { writeProvider } from '../../interop/csaf-provider/export.ts'
import { keepAsServed } from '../../interop/csaf-provider/jobs.ts'
import { PROVIDED_LABELS } from '../../interop/csaf-provider/model.ts'
import { writeMispFeed } from '../../interop/misp/export.ts'
import { writeStixBundles } from '../../interop/stix/export.ts'
import type { ExportedForm } from './write.ts'

const PERMISSION = 'broadcast.bulletin.view'
const WISHES = { labels: PROVIDED_LABELS, onProgress: () => {} }

/** The forms in which others read what we know, each written into a folder of its own: of what the actor may read, what is neither RED nor an exercise. */
export const FORMS: readonly ExportedForm[] = [
  {
    name: 'csaf',
    permission: PERMISSION,
    prepare: platform => keepAsServed(platform),
    write: (platform, actor, folder) => writeProvider(platform, actor, folder, WISHES),
  },
  { name: 'misp', permission: PERMISSION, write: (platform, actor, folder) => writeMispFeed(platform, actor, folder, WISHES) },
  { name: 'stix', permission: PERMISSION, write: writeStixBundles },
]
