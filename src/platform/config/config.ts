import { z } from 'zod'
import { Invalid } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import type { NotifySettings } from '../notify/settings.ts'
import { CAP_SETTINGS, capConfig, capEnvironment, type CapConfig } from './cap.ts'
import { CSAF_SETTINGS, csafConfig, csafEnvironment, type CsafConfig } from './csaf.ts'
import { MAIL_SETTINGS, mailConfig, mailEnvironment, type MailConfig } from './mail.ts'
import { setting, type Setting } from './setting.ts'

export const SETTINGS: readonly Setting[] = [
  setting('PORT', '8080', 'The port that the web server listens on. 0 takes any free one.'),
  setting('HOST', '127.0.0.1', 'The address that the web server listens on. Put a TLS-terminating proxy in front of anything but loopback.'),
  setting(
    'BASE_URL',
    'http://localhost:PORT, or HOST where that is not loopback',
    'The address that people reach it by. It stands in every link that is mailed. https turns on HSTS and secure cookies.',
  ),
  setting('DATABASE_URL', 'the embedded database', 'A PostgreSQL 15 or later, as postgres://user:password@host/database.', true),
  setting('CARECERT_DATA', './data', 'The private folder of the embedded database and of the key file.'),
  setting(
    'CARECERT_SECRET',
    'a key file in CARECERT_DATA, made on first start',
    'At least 32 characters that sign links and cookies. Every process of one installation needs the same.',
    true,
  ),
  setting(
    'SMTP_URL',
    'the built-in mailbox (sample mode only)',
    'The mail server that bulletins go out through, as smtp://user:password@host:587.',
    true,
  ),
  setting('MAIL_FROM', 'carecert@localhost', 'The address that mail comes from. GOV.UK Notify uses the one of its service.'),
  setting('MAIL_BY', 'smtp where SMTP_URL is set, else notify where its template is', 'smtp or notify: which way mail goes when both are set up.'),
  ...MAIL_SETTINGS,
  ...CSAF_SETTINGS,
  ...CAP_SETTINGS,
  setting('TRUST_PROXY', 'nobody', 'The addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas.'),
  setting('METRICS_ALLOW', '127.0.0.1,::1', 'The addresses that may read /metrics, separated by commas.'),
  setting('FETCH_ALLOW_PRIVATE', 'nobody', 'Hosts inside private networks that may be gathered from, as host or host:port, separated by commas.'),
  setting(
    'GATHER_FOLDER',
    'none',
    'A folder on this machine that sources may gather from: that folder, or one inside it. Files and messages of mail that are put there are taken in. The worker must be able to read it.',
  ),
  setting(
    'GATHER_LARGEST_MB',
    '1024',
    'The largest list that may be gathered, packed or unpacked, in MB. What is large goes through temporary files, so up to twice as much room is needed there.',
  ),
  setting(
    'WEBHOOK_ALLOW_PRIVATE',
    'nobody',
    'Hosts inside private networks that members may have webhooks sent to, as host or host:port, separated by commas. http is taken for these alone.',
  ),
  setting('OIDC_ISSUER', 'none', 'An OpenID Connect provider that people may sign in with.'),
  setting('OIDC_CLIENT_ID', 'none', 'Our client id at that provider.'),
  setting('OIDC_CLIENT_SECRET', 'none', 'Our client secret at that provider.', true),
  setting('OIDC_NAME', 'your organisation’s account', 'What the sign-in button calls the provider.'),
  setting(
    'SOURCE_CREDENTIALS',
    'none',
    'Headers that prove to sources who asks, as JSON by the source’s code: {"nvd": {"apiKey": "…"}, "partner-taxii": {"Authorization": "Basic …"}}.',
    true,
  ),
  setting('LOG_LEVEL', 'info', 'fatal, error, warn, info, debug or silent.'),
  setting('NOTIFY_API_KEY', 'none', 'A live key of GOV.UK Notify, for text messages and, where it is chosen, mail.', true),
  setting('NOTIFY_TEXT_TEMPLATE', 'no text messages', 'The id of a text template of Notify whose whole text is ((body)).'),
  setting('NOTIFY_EMAIL_TEMPLATE', 'no mail by Notify', 'The id of an email template of Notify with the subject ((subject)) and the text ((body)).'),
  setting(
    'NOTIFY_CALLBACK_TOKEN',
    'callbacks are refused',
    'The bearer token, of 20 characters or more, that Notify sends with what became of a message. Its callback address is BASE_URL/api/v1/hooks/notify.',
    true,
  ),
  setting('NOTIFY_URL', 'https://api.notifications.service.gov.uk', 'The address of GOV.UK Notify.'),
]

const list = z.string().transform(text =>
  text
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== ''),
)

const environment = z.object({
  PORT: z.coerce.number('must be a number from 0 to 65535').int().min(0).max(65535).default(8080),
  HOST: z.string().min(1).default('127.0.0.1'),
  BASE_URL: z.url({ protocol: /^https?$/ }).optional(),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgres://')
    .optional(),
  CARECERT_DATA: z.string().min(1).default('./data'),
  CARECERT_SECRET: z.string().min(32, 'must be at least 32 characters').optional(),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, 'must start with smtp:// or smtps://')
    .optional(),
  MAIL_FROM: z.email().or(z.literal('carecert@localhost')).default('carecert@localhost'),
  TRUST_PROXY: list.default([]),
  METRICS_ALLOW: list.default(['127.0.0.1', '::1']),
  FETCH_ALLOW_PRIVATE: list.default([]),
  GATHER_FOLDER: z.string().startsWith('/', 'must be the whole path of a folder').optional(),
  GATHER_LARGEST_MB: z.coerce.number().int().min(64).max(2_000, 'must be from 64 to 2000').default(1_024),
  WEBHOOK_ALLOW_PRIVATE: list.default([]),
  NOTIFY_API_KEY: z
    .string()
    .regex(/^.*[0-9a-f-]{36}-[0-9a-f-]{36}$/i, 'must be a whole key, as Notify showed it once')
    .optional(),
  NOTIFY_EMAIL_TEMPLATE: z.uuid('must be the id of a template').optional(),
  NOTIFY_TEXT_TEMPLATE: z.uuid('must be the id of a template').optional(),
  NOTIFY_CALLBACK_TOKEN: z.string().min(20, 'must be at least 20 characters').optional(),
  NOTIFY_URL: z.url({ protocol: /^https?$/ }).default('https://api.notifications.service.gov.uk'),
  MAIL_BY: z.enum(['smtp', 'notify'], 'must be smtp or notify').optional(),
  OIDC_ISSUER: z.url().optional(),
  OIDC_CLIENT_ID: z.string().min(1).optional(),
  OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  OIDC_NAME: z.string().min(1).default('your organisation’s account'),
  SOURCE_CREDENTIALS: z
    .string()
    .transform((text, context) => {
      const read = parseJson(text)
      if (read.ok) return read.value
      context.addIssue('must be JSON')
      return z.NEVER
    })
    .pipe(
      z.record(z.string(), z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must name headers'), z.string().regex(/^[\t\x20-\x7E]*$/))),
    )
    .default({}),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
})

export interface OidcConfig {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly name: string
}

/** What the environment says, checked. Secrets stand apart (`Secrets`), so that printing a Config prints none. */
export interface Config {
  readonly port: number
  readonly host: string
  /** Without a trailing slash. Empty until the server knows its port, when neither BASE_URL nor PORT is fixed. */
  readonly baseUrl: string
  readonly dataFolder: string
  readonly mailFrom: string
  /** How mail is signed, and where bounces come back to. */
  readonly mail: MailConfig
  /** Who issues CSAF documents, and how they are signed. */
  readonly csaf: CsafConfig
  /** Who sends CAP alerts, and how they are signed. */
  readonly cap: CapConfig
  readonly trustProxy: readonly string[]
  readonly metricsAllow: readonly string[]
  /** Hosts, with their port where it is not the usual one. */
  readonly fetchAllowPrivate: readonly string[]
  /** The same for the webhooks of members: what the operator opens to sources is not open to them. */
  readonly webhookAllowPrivate: readonly string[]
  /** Which way mail goes; `null` where none is set up. */
  readonly mailBy: 'smtp' | 'notify' | null
  /** The folder that sources may gather from; `null` for none. */
  readonly gatherFolder: string | null
  /** The most bytes of a document that is gathered by way of a temporary file. */
  readonly gatherLargestBytes: number
  readonly logLevel: string
  /** Whether a real server is used, rather than the embedded database. */
  readonly hasDatabaseServer: boolean
}

export interface Secrets {
  readonly databaseUrl: string | null
  /** From CARECERT_SECRET; null means: use the key file. */
  readonly signing: string | null
  readonly smtpUrl: string | null
  readonly oidc: OidcConfig | null
  readonly notify: NotifySettings | null
  /** Proves that a callback comes from GOV.UK Notify; `null` refuses every one. */
  readonly notifyCallbackToken: string | null
  /** Headers by the code of the source that they are for. */
  readonly sourceCredentials: Readonly<Record<string, Readonly<Record<string, string>>>>
}

/** Reads the configuration. Throws `Invalid` naming each setting that is wrong, never its value. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): { config: Config; secrets: Secrets } {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = environment.safeParse(given)
  const mail = mailEnvironment.safeParse(given)
  const csaf = csafEnvironment.safeParse(given)
  const cap = capEnvironment.safeParse(given)
  if (!parsed.success || !mail.success || !csaf.success || !cap.success) {
    const faults = [parsed, mail, csaf, cap].flatMap(({ error }) => error?.issues ?? []).map(issue => `${issue.path.join('.')}: ${issue.message}`)
    throw new Invalid(
      'platform.config.invalid',
      `These settings cannot be used. ${faults.join('; ')}. Run "carecert doctor --config" to see what each means.`,
    )
  }
  const values = parsed.data
  return {
    config: {
      port: values.PORT,
      host: values.HOST,
      baseUrl: (values.BASE_URL ?? `http://${nameOf(values.HOST)}:${values.PORT}`).replace(/\/+$/, ''),
      dataFolder: values.CARECERT_DATA,
      mailFrom: values.MAIL_FROM,
      mail: mailConfig(mail.data),
      cap: capConfig(cap.data),
      csaf: csafConfig(csaf.data, withoutSecrets(env)),
      trustProxy: values.TRUST_PROXY,
      metricsAllow: values.METRICS_ALLOW,
      fetchAllowPrivate: values.FETCH_ALLOW_PRIVATE,
      webhookAllowPrivate: values.WEBHOOK_ALLOW_PRIVATE,
      mailBy: mailByOf(values),
      gatherFolder: values.GATHER_FOLDER ?? null,
      gatherLargestBytes: values.GATHER_LARGEST_MB * 1_048_576,
      logLevel: values.LOG_LEVEL,
      hasDatabaseServer: values.DATABASE_URL !== undefined,
    },
    secrets: {
      databaseUrl: values.DATABASE_URL ?? null,
      signing: values.CARECERT_SECRET ?? null,
      smtpUrl: values.SMTP_URL ?? null,
      sourceCredentials: values.SOURCE_CREDENTIALS,
      oidc: oidcFrom(values),
      notify: notifyFrom(values),
      notifyCallbackToken: values.NOTIFY_CALLBACK_TOKEN ?? null,
    },
  }
}

/** The environment without what is secret in it: for a command outside, which has no business with our passwords. */
export function withoutSecrets(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const secret = new Set(SETTINGS.filter(one => one.secret).map(({ name }) => name))
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined || secret.has(name) ? [] : [[name, value]])))
}

/** A host as it stands in an address. Loopback by its name: browsers allow passkeys at a name, not at a bare number. */
function nameOf(host: string): string {
  if (host === '127.0.0.1' || host === '::1') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function mailByOf(values: z.infer<typeof environment>): 'smtp' | 'notify' | null {
  const hasNotify = values.NOTIFY_API_KEY !== undefined && values.NOTIFY_EMAIL_TEMPLATE !== undefined
  if (values.MAIL_BY === 'notify' && !hasNotify)
    throw new Invalid('platform.config.notify-incomplete', 'MAIL_BY=notify needs NOTIFY_API_KEY and NOTIFY_EMAIL_TEMPLATE.')
  if (values.MAIL_BY !== undefined) return values.MAIL_BY
  if (values.SMTP_URL !== undefined) return 'smtp'
  return hasNotify ? 'notify' : null
}

function notifyFrom(values: z.infer<typeof environment>): NotifySettings | null {
  const { NOTIFY_API_KEY: apiKey, NOTIFY_EMAIL_TEMPLATE: email, NOTIFY_TEXT_TEMPLATE: text } = values
  if (apiKey === undefined && (email ?? text) !== undefined)
    throw new Invalid('platform.config.notify-incomplete', 'A template of GOV.UK Notify needs NOTIFY_API_KEY.')
  if (apiKey === undefined) return null
  return { apiKey, url: values.NOTIFY_URL.replace(/\/+$/, ''), emailTemplate: email ?? null, textTemplate: text ?? null }
}

function oidcFrom(values: z.infer<typeof environment>): OidcConfig | null {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = values
  if (issuer === undefined && clientId === undefined && clientSecret === undefined) return null
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) {
    throw new Invalid('platform.config.oidc-incomplete', 'Set OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET together, or none of them.')
  }
  return { issuer, clientId, clientSecret, name: values.OIDC_NAME }
}
