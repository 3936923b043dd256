import type { Loader } from './loader.ts'
import { csafLoader } from './loaders/csaf/loader.ts'
import { folderLoader } from './loaders/folder/loader.ts'
import { mispLoader } from './loaders/misp/loader.ts'
import { nhsCyberAlertsLoader } from './loaders/nhs-cyber-alerts/loader.ts'
import { nvdLoader } from './loaders/nvd/loader.ts'
import { oneDocumentLoader } from './loaders/one-document/loader.ts'
import { taxiiLoader } from './loaders/taxii/loader.ts'

/** How the sources of each format are loaded: a new kind is one line here. */
const LOADERS: readonly Loader[] = [
  oneDocumentLoader('kev-json'),
  nhsCyberAlertsLoader,
  csafLoader,
  oneDocumentLoader('cve'),
  oneDocumentLoader('epss'),
  oneDocumentLoader('feed'),
  mispLoader,
  taxiiLoader,
  nvdLoader,
  folderLoader,
]

export function loaderOf(format: string): Loader | undefined {
  return LOADERS.find(loader => loader.format === format)
}
