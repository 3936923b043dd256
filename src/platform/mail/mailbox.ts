/** The built-in mailbox of the sample sector. */
export interface Mailbox {
  readonly url: string
  close(): Promise<void>
}

export async function startMailbox(): Promise<Mailbox> {
  throw new Error('not yet')
}
