import { z } from 'zod'
import { parseLocalDate, type LocalDate } from '../../kernel/instant.ts'
import { parseJson } from '../../kernel/json.ts'
import { setting, type Setting } from './setting.ts'

/** The settings of the CSAF provider: who issues, how documents are signed, and which version is the first. */
export const CSAF_SETTINGS: readonly Setting[] = [
  setting('CSAF_PUBLISHER_NAME', 'CareCERT', 'Who issues the CSAF documents: the name of the centre.'),
  setting(
    'CSAF_PUBLISHER_NAMESPACE',
    'BASE_URL',
    'An address that only the centre controls, which makes its document ids unique in the world. Never change it.',
  ),
  setting(
    'CSAF_CONTACT',
    'mailto: MAIL_FROM',
    'Where people report what they find: mailto:…, tel:… or https://…. It stands in security.txt and in every document.',
  ),
  setting(
    'CSAF_SIGNING_KEY_FILE',
    'documents are not signed (the sample makes a key of its own)',
    'The file of the OpenPGP key that signs CSAF documents: an armoured private key of version 4, without a passphrase. The worker and `carecert export csaf` read it, the web server never.',
  ),
  setting(
    'CSAF_SIGNING_COMMAND',
    'none',
    'A command that signs instead of a key file, as a JSON list of its words: ["gpg", "--armor", "--detach-sign"]. It is given the document and prints the signature. Set CSAF_PUBLIC_KEY_FILE with it.',
  ),
  setting(
    'CSAF_PUBLIC_KEY_FILE',
    'none',
    'With CSAF_SIGNING_COMMAND: the file of the public key, armoured. Every signature is verified with it before it is published.',
  ),
  setting(
    'CSAF_ROLLOVER',
    'CSAF 2.0 stays the first',
    'The day, as 2027-06-30, from which /.well-known/csaf/provider-metadata.json is that of CSAF 2.1. Both versions stay under /.well-known/csaf/v2.0/ and /v2.1/.',
  ),
  setting('CSAF_AGGREGATORS', 'mirror', 'What CSAF aggregators may do: mirror (list and copy what is TLP:CLEAR), list, or none.'),
]

const optionalText = z.string().min(1).optional()

/** The shape of those settings in the environment. */
export const csafEnvironment = z
  .object({
    CSAF_PUBLISHER_NAME: z.string().trim().min(1).max(200).default('CareCERT'),
    CSAF_PUBLISHER_NAMESPACE: z.url({ protocol: /^https?$/ }).optional(),
    CSAF_CONTACT: z
      .string()
      .regex(/^(mailto:[^\s@]+@\S+|tel:\S+|https:\/\/\S+)$/, 'must begin with mailto:, tel: or https://')
      .optional(),
    CSAF_SIGNING_KEY_FILE: optionalText,
    CSAF_SIGNING_COMMAND: z
      .string()
      .transform((text, context) => {
        const json = parseJson(text)
        const words = z
          .array(z.string())
          .min(1)
          .safeParse(json.ok ? json.value : undefined)
        if (words.success) return words.data
        context.addIssue('must be a JSON list of words')
        return z.NEVER
      })
      .optional(),
    CSAF_PUBLIC_KEY_FILE: optionalText,
    CSAF_ROLLOVER: z
      .string()
      .transform((text, context) => {
        const day = parseLocalDate(text)
        if (day !== undefined) return day
        context.addIssue('must be a day, such as 2027-06-30')
        return z.NEVER
      })
      .optional(),
    CSAF_AGGREGATORS: z.enum(['mirror', 'list', 'none'], 'must be mirror, list or none').default('mirror'),
  })
  .superRefine((values, context) => {
    const wants = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message })
    if (values.CSAF_SIGNING_KEY_FILE !== undefined && values.CSAF_SIGNING_COMMAND !== undefined)
      wants('CSAF_SIGNING_COMMAND', 'set it or CSAF_SIGNING_KEY_FILE, not both')
    if ((values.CSAF_SIGNING_COMMAND === undefined) !== (values.CSAF_PUBLIC_KEY_FILE === undefined))
      wants('CSAF_PUBLIC_KEY_FILE', 'set it together with CSAF_SIGNING_COMMAND')
  })

/** How CSAF documents are signed. */
export type CsafSigningConfig =
  | { readonly kind: 'none' }
  | { readonly kind: 'key'; readonly keyFile: string }
  /** `environment` is what the command is given: nothing that is secret. */
  | {
      readonly kind: 'command'
      readonly argv: readonly string[]
      readonly publicKeyFile: string
      readonly environment: Readonly<Record<string, string>>
    }

export interface CsafConfig {
  readonly publisherName: string
  /** `null` for BASE_URL. */
  readonly publisherNamespace: string | null
  /** `null` for MAIL_FROM. */
  readonly contact: string | null
  readonly signing: CsafSigningConfig
  readonly rollover: LocalDate | null
  readonly aggregators: 'mirror' | 'list' | 'none'
}

export function csafConfig(values: z.infer<typeof csafEnvironment>, environment: Readonly<Record<string, string>>): CsafConfig {
  return {
    publisherName: values.CSAF_PUBLISHER_NAME,
    publisherNamespace: values.CSAF_PUBLISHER_NAMESPACE ?? null,
    contact: values.CSAF_CONTACT ?? null,
    signing: signingFrom(values, environment),
    rollover: values.CSAF_ROLLOVER ?? null,
    aggregators: values.CSAF_AGGREGATORS,
  }
}

function signingFrom(values: z.infer<typeof csafEnvironment>, environment: Readonly<Record<string, string>>): CsafSigningConfig {
  const { CSAF_SIGNING_KEY_FILE: keyFile, CSAF_SIGNING_COMMAND: argv, CSAF_PUBLIC_KEY_FILE: publicKeyFile } = values
  if (argv !== undefined && publicKeyFile !== undefined) return { kind: 'command', argv, publicKeyFile, environment }
  return keyFile === undefined ? { kind: 'none' } : { kind: 'key', keyFile }
}
