import { z } from 'zod'
import { setting, type Setting } from './setting.ts'

/** The settings of alerts in the Common Alerting Protocol: who sends them, for where, and how they are signed. */
export const CAP_SETTINGS: readonly Setting[] = [
  setting(
    'CAP_SENDER',
    'MAIL_FROM',
    'Who sends CAP alerts: a name that is the centre’s alone in the world, such as its address, without blanks, commas, < and &.',
  ),
  setting('CAP_SENDER_NAME', 'CareCERT', 'The name of the centre, as people read it in CAP alerts.'),
  setting('CAP_AREA', 'England', 'For where CAP alerts are, in words.'),
  setting(
    'CAP_SIGNING_KEY_FILE',
    'no CAP alerts',
    'The file of the RSA key that signs CAP alerts: PEM, at least 2048 bits, without a passphrase. Only the worker needs to read it.',
  ),
  setting('CAP_SIGNING_CERTIFICATE_FILE', 'no CAP alerts', 'The file of its certificate in PEM. It is published at /cap/certificate.pem.'),
]

const optionalText = z.string().min(1).optional()

/** The shape of those settings in the environment. */
export const capEnvironment = z
  .object({
    CAP_SENDER: z
      .string()
      .regex(/^[^\s,<&]+$/, 'must hold no blank, comma, < or &')
      .optional(),
    CAP_SENDER_NAME: z.string().trim().min(1).max(200).default('CareCERT'),
    CAP_AREA: z.string().trim().min(1).max(200).default('England'),
    CAP_SIGNING_KEY_FILE: optionalText,
    CAP_SIGNING_CERTIFICATE_FILE: optionalText,
  })
  .superRefine((values, context) => {
    if ((values.CAP_SIGNING_KEY_FILE === undefined) !== (values.CAP_SIGNING_CERTIFICATE_FILE === undefined))
      context.addIssue({ code: 'custom', path: ['CAP_SIGNING_CERTIFICATE_FILE'], message: 'set it together with CAP_SIGNING_KEY_FILE' })
  })

export interface CapConfig {
  /** `null` for MAIL_FROM. */
  readonly sender: string | null
  readonly senderName: string
  readonly area: string
  /** `null`: no alert is made, save in the sample, which makes itself a key. */
  readonly signing: { readonly keyFile: string; readonly certificateFile: string } | null
}

export function capConfig(values: z.infer<typeof capEnvironment>): CapConfig {
  const { CAP_SIGNING_KEY_FILE: keyFile, CAP_SIGNING_CERTIFICATE_FILE: certificateFile } = values
  return {
    sender: values.CAP_SENDER ?? null,
    senderName: values.CAP_SENDER_NAME,
    area: values.CAP_AREA,
    signing: keyFile === undefined || certificateFile === undefined ? null : { keyFile, certificateFile },
  }
}
