import { z } from 'zod'
import { parseJson } from '../../kernel/json.ts'
import { setting, type Setting } from './setting.ts'

/** The settings of how mail is signed, and of where what bounces comes back to. */
export const MAIL_SETTINGS: readonly Setting[] = [
  setting(
    'DKIM_DOMAIN',
    'no signature',
    'The domain that DKIM signs for: that of MAIL_FROM, or one above it. Leave it out where the mail server signs.',
  ),
  setting('DKIM_SELECTOR', 'none', 'The selector of the RSA key: its DNS record is SELECTOR._domainkey.DKIM_DOMAIN. `carecert doctor` prints it.'),
  setting('DKIM_KEY_FILE', 'none', 'The file of the RSA key: PEM, at least 2048 bits, readable by CareCERT alone.'),
  setting('DKIM_ED25519_SELECTOR', 'none', 'The selector of the Ed25519 key, another than that of the RSA key. Both sign when both are set.'),
  setting('DKIM_ED25519_KEY_FILE', 'none', 'The file of the Ed25519 key: PEM, readable by CareCERT alone.'),
  setting(
    'DKIM_SIGNING_COMMAND',
    'none',
    'A command that signs for DKIM, as a JSON list of its words; the key files then hold public keys. It stays running: each line that it reads is a selector, a space and what to sign in Base64 (for RSA the bytes, for Ed25519 their SHA-256); it answers each by a line, the signature in Base64.',
  ),
  setting('MAIL_SIGNING', 'none', 'How the text of each message is signed, so that a reader can tell who wrote it: openpgp, smime or none.'),
  setting(
    'MAIL_SIGNING_KEY_FILE',
    'none',
    'The file of the key that signs: an armoured OpenPGP private key, or a private key in PEM for S/MIME. Without a passphrase.',
  ),
  setting('MAIL_SIGNING_CERTIFICATE_FILE', 'none', 'For S/MIME: the file of its certificate in PEM, ours first, then those above it.'),
  setting(
    'MAIL_SIGNING_COMMAND',
    'none',
    'A command that signs instead of a key file, as a JSON list of its words: ["gpg", "--armor", "--detach-sign"]. It is given what to sign and prints the signature: armoured, or CMS in DER. It runs once a message.',
  ),
  setting(
    'MAIL_BOUNCE_ADDRESS',
    'MAIL_FROM, and what bounces is not read',
    'The address that bounces come back to, such as bounce@example.org. Messages leave with bounce+… at its domain as their sender; its part before the @ has at most 9 characters.',
  ),
  setting(
    'BOUNCE_LISTEN',
    'nowhere',
    'Where the worker takes bounces from the mail server: smtp://HOST:PORT or lmtp://HOST:PORT. It takes mail for the bounce addresses only.',
  ),
  setting(
    'MAIL_PER_DOMAIN_PER_MINUTE',
    'as fast as the mail server takes them',
    'The most messages a minute to any one mail domain, all workers together: 600, or by domain, with * for the others: nhs.example=3000,*=600. A domain whose server asks for patience (421, 45x) is left alone for a while in any case.',
  ),
  setting('BOUNCE_FOLDER', 'none', 'A folder or Maildir in which bounces arrive. What was read is moved: to cur in a Maildir, to .read elsewhere.'),
]

const optionalText = z.string().min(1).optional()
const domain = z.string().regex(/^(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*$/i, 'must be a domain name')

const commandWords = z.string().transform((text, context) => {
  const read = z.array(z.string()).min(1).safeParse(parsedOrNothing(text))
  if (read.success) return read.data
  context.addIssue('must be a JSON list of words')
  return z.NEVER
})

/** The shape of those settings in the environment. */
export const mailEnvironment = z
  .object({
    DKIM_DOMAIN: domain.optional(),
    DKIM_SELECTOR: domain.optional(),
    DKIM_KEY_FILE: optionalText,
    DKIM_ED25519_SELECTOR: domain.optional(),
    DKIM_ED25519_KEY_FILE: optionalText,
    MAIL_SIGNING: z.enum(['openpgp', 'smime', 'none']).default('none'),
    MAIL_SIGNING_KEY_FILE: optionalText,
    MAIL_SIGNING_CERTIFICATE_FILE: optionalText,
    DKIM_SIGNING_COMMAND: commandWords.optional(),
    MAIL_SIGNING_COMMAND: commandWords.optional(),
    MAIL_BOUNCE_ADDRESS: z
      .string()
      .regex(/^[a-z0-9._-]{1,9}@[a-z0-9.-]+$/i, 'must be an address with at most 9 characters before the @, and no +')
      .optional(),
    BOUNCE_LISTEN: z
      .string()
      .regex(/^(smtp|lmtp):\/\/[^/@\s]+:\d{1,5}$/, 'must be smtp://HOST:PORT or lmtp://HOST:PORT')
      .optional(),
    MAIL_PER_DOMAIN_PER_MINUTE: z
      .string()
      .transform((text, context) => {
        const read = allowancesFrom(text)
        if (read !== undefined) return read
        context.addIssue('must be a number, or DOMAIN=NUMBER separated by commas, with * for the others')
        return z.NEVER
      })
      .default({ named: new Map(), others: null }),
    BOUNCE_FOLDER: z.string().startsWith('/', 'must be the whole path of a folder').optional(),
  })
  .superRefine((values, context) => {
    const wants = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message })
    for (const [selector, key] of [
      ['DKIM_SELECTOR', 'DKIM_KEY_FILE'],
      ['DKIM_ED25519_SELECTOR', 'DKIM_ED25519_KEY_FILE'],
    ] as const) {
      if ((values[selector] === undefined) !== (values[key] === undefined)) wants(selector, `set it together with ${key}`)
      if (values[key] !== undefined && values.DKIM_DOMAIN === undefined) wants('DKIM_DOMAIN', `set it together with ${key}`)
    }
    if (values.DKIM_DOMAIN !== undefined && values.DKIM_KEY_FILE === undefined && values.DKIM_ED25519_KEY_FILE === undefined)
      wants('DKIM_DOMAIN', 'set a key as well')
    if (values.DKIM_SIGNING_COMMAND !== undefined && values.DKIM_DOMAIN === undefined)
      wants('DKIM_SIGNING_COMMAND', 'set DKIM_DOMAIN and a key file as well')
    if (values.DKIM_SELECTOR !== undefined && values.DKIM_SELECTOR === values.DKIM_ED25519_SELECTOR)
      wants('DKIM_ED25519_SELECTOR', 'must differ from DKIM_SELECTOR')
    const isSigned = values.MAIL_SIGNING !== 'none'
    if (isSigned && (values.MAIL_SIGNING_KEY_FILE === undefined) === (values.MAIL_SIGNING_COMMAND === undefined))
      wants('MAIL_SIGNING', 'set MAIL_SIGNING_KEY_FILE or MAIL_SIGNING_COMMAND, one of them')
    if (!isSigned && (values.MAIL_SIGNING_KEY_FILE ?? values.MAIL_SIGNING_COMMAND) !== undefined) wants('MAIL_SIGNING', 'say openpgp or smime')
    if (values.MAIL_SIGNING === 'smime' && values.MAIL_SIGNING_KEY_FILE !== undefined && values.MAIL_SIGNING_CERTIFICATE_FILE === undefined)
      wants('MAIL_SIGNING_CERTIFICATE_FILE', 'set it, S/MIME needs it')
    if ((values.BOUNCE_LISTEN ?? values.BOUNCE_FOLDER) !== undefined && values.MAIL_BOUNCE_ADDRESS === undefined)
      wants('MAIL_BOUNCE_ADDRESS', 'set it, or nothing can bounce to us')
  })

/** How the text of messages is signed. */
export type SigningConfig =
  | { readonly kind: 'none' }
  | { readonly kind: 'openpgp'; readonly keyFile: string }
  | { readonly kind: 'smime'; readonly keyFile: string; readonly certificateFile: string }
  | { readonly kind: 'command'; readonly signs: 'openpgp' | 'smime'; readonly argv: readonly string[] }

/** How many messages a minute may go to each mail domain: those named, in lower case, and `others`. `null` sets no bound. */
export interface DomainAllowances {
  readonly named: ReadonlyMap<string, number>
  readonly others: number | null
}

/** Reads `600`, or `nhs.example=3000,*=600`. `undefined` when it is neither. */
function allowancesFrom(text: string): DomainAllowances | undefined {
  const pairs = (/^\d+$/.test(text.trim()) ? `*=${text}` : text).split(',').map(part => /^\s*([a-z0-9.-]+|\*)\s*=\s*(\d{1,7})\s*$/i.exec(part))
  const named = new Map<string, number>()
  for (const pair of pairs) {
    if (pair === null || Number(pair[2]) === 0) return undefined
    named.set((pair[1] ?? '').toLowerCase(), Number(pair[2]))
  }
  const others = named.get('*') ?? null
  named.delete('*')
  return { named, others }
}

export interface MailConfig {
  readonly allowances: DomainAllowances
  readonly dkim: readonly { readonly setting: string; readonly domain: string; readonly selector: string; readonly keyFile: string }[]
  /** What signs for DKIM outside; `null` where the key files do. */
  readonly dkimCommand: readonly string[] | null
  readonly signing: SigningConfig
  /** `null`: messages leave with our own address as their sender, and nothing that comes back is read. */
  readonly bounceAddress: string | null
  readonly bounceListen: { readonly protocol: 'smtp' | 'lmtp'; readonly host: string; readonly port: number } | null
  readonly bounceFolder: string | null
}

export function mailConfig(values: z.infer<typeof mailEnvironment>): MailConfig {
  return {
    dkim: [
      { setting: 'DKIM_KEY_FILE', selector: values.DKIM_SELECTOR, keyFile: values.DKIM_KEY_FILE },
      { setting: 'DKIM_ED25519_KEY_FILE', selector: values.DKIM_ED25519_SELECTOR, keyFile: values.DKIM_ED25519_KEY_FILE },
    ].flatMap(({ setting: name, selector, keyFile }) =>
      selector === undefined || keyFile === undefined || values.DKIM_DOMAIN === undefined
        ? []
        : [{ setting: name, selector, keyFile, domain: values.DKIM_DOMAIN }],
    ),
    dkimCommand: values.DKIM_SIGNING_COMMAND ?? null,
    signing: signingFrom(values),
    allowances: values.MAIL_PER_DOMAIN_PER_MINUTE,
    bounceAddress: values.MAIL_BOUNCE_ADDRESS?.toLowerCase() ?? null,
    bounceListen: listenFrom(values.BOUNCE_LISTEN),
    bounceFolder: values.BOUNCE_FOLDER ?? null,
  }
}

function signingFrom(values: z.infer<typeof mailEnvironment>): SigningConfig {
  const { MAIL_SIGNING: kind, MAIL_SIGNING_KEY_FILE: keyFile, MAIL_SIGNING_COMMAND: argv, MAIL_SIGNING_CERTIFICATE_FILE: certificateFile } = values
  if (kind === 'none') return { kind: 'none' }
  if (argv !== undefined) return { kind: 'command', signs: kind, argv }
  if (keyFile === undefined) return { kind: 'none' }
  return kind === 'openpgp' ? { kind, keyFile } : { kind, keyFile, certificateFile: certificateFile ?? '' }
}

function listenFrom(text: string | undefined): MailConfig['bounceListen'] {
  if (text === undefined) return null
  const [, protocol, host = '', port] = /^(smtp|lmtp):\/\/(.+):(\d+)$/.exec(text) ?? []
  return { protocol: protocol === 'lmtp' ? 'lmtp' : 'smtp', host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

function parsedOrNothing(text: string): unknown {
  const read = parseJson(text)
  return read.ok ? read.value : undefined
}
