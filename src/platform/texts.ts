/** A text message to one telephone number. */
export interface TextMessage {
  /** As people write it: 07700 900123, or +44 7700 900123. */
  readonly to: string
  readonly text: string
  /** By which a later word of what became of it is known again: the id of the delivery. */
  readonly reference: string
  /** Whether it was tried before, and may have been taken then: the service is asked first. */
  readonly isRepeat?: boolean
}

/**
 * What the service said. `fault` says whose it is, so that nobody's number is held to be wrong for a setting of ours:
 * `address` the number, `ours` our key, template or account, `service` the service or the network. `permanent` means that
 * trying again will not help. `pauseSeconds` is how long the service asks to be left alone; `null` where it does not say.
 */
export type TextOutcome =
  | { readonly ok: true; readonly words: string }
  | {
      readonly ok: false
      readonly permanent: boolean
      readonly fault: 'address' | 'ours' | 'service'
      readonly words: string
      readonly pauseSeconds: number | null
    }

export interface TextTransport {
  /** Whether text messages go anywhere: false until a service is set up. */
  readonly isConfigured: boolean
  send(message: TextMessage): Promise<TextOutcome>
}

/** Text messages where no service is set up: each fails and says why. */
export const unconfiguredTexts: TextTransport = {
  isConfigured: false,
  send: async () => ({
    ok: false,
    permanent: false,
    fault: 'ours',
    words: 'No service for text messages is set up. Set NOTIFY_API_KEY and NOTIFY_TEXT_TEMPLATE.',
    pauseSeconds: null,
  }),
}
