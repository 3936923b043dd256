import about from '../../../package.json' with { type: 'json' }
import { csafLabel, type AdvisoryPublisher, type CsafVersion } from '../../codecs/csaf-writing/advisory.ts'
import type { LocalDate } from '../../kernel/instant.ts'
import type { Tlp } from '../../kernel/tlp.ts'
import type { Config } from '../../platform/config/config.ts'

/**
 * The CSAF provider: every released bulletin as a document of CSAF 2.0 and of 2.1, side by side (§7.3 of 2.1).
 *
 * Invariants:
 * 1. What is TLP:CLEAR lies under `csaf/<version>/` and is everybody's. All else lies under `csaf/members/<version>/`: row-level security shows each reader the
 *    documents of the bulletins that they may read, and the lists there are made of those rows.
 * 2. Neither TLP:RED nor an exercise is ever written.
 * 3. A document is replaced with its hashes, its signature and the public lists in one transaction.
 * 4. What is written depends on the bulletin, on public facts and on the configuration alone, so it can be exported to a folder and served by any web server.
 */
export interface ProviderSettings {
  /** Without a slash at its end. */
  readonly baseUrl: string
  readonly publisher: AdvisoryPublisher
  readonly generator: { readonly name: string; readonly version: string }
  readonly rollover: LocalDate | null
  readonly aggregators: 'mirror' | 'list' | 'none'
}

/** The labels that are written, widest first. */
export const PROVIDED_LABELS = ['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT'] as const satisfies readonly Tlp[]

export function settingsFrom(config: Pick<Config, 'baseUrl' | 'csaf' | 'mailFrom'>): ProviderSettings {
  const { csaf, baseUrl, mailFrom } = config
  return {
    baseUrl,
    publisher: {
      name: csaf.publisherName,
      namespace: csaf.publisherNamespace ?? baseUrl,
      contact: csaf.contact ?? `mailto:${mailFrom}`,
    },
    generator: { name: 'CareCERT', version: about.version },
    rollover: csaf.rollover,
    aggregators: csaf.aggregators,
  }
}

/** `csaf/v2.1` for what is everybody's, `csaf/members/v2.1` for the rest. */
export function rootOf(version: CsafVersion, isPublic: boolean): string {
  return isPublic ? `csaf/v${version}` : `csaf/members/v${version}`
}

/** The address of the folder that a bulletin's document lies in, with a slash at its end. */
export function folderUrl(settings: Pick<ProviderSettings, 'baseUrl'>, version: CsafVersion, { tlp }: { readonly tlp: Tlp }): string {
  return `${settings.baseUrl}/${rootOf(version, tlp === 'CLEAR')}/${csafLabel(tlp, version).toLowerCase()}/`
}
