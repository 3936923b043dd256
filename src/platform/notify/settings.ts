/** What this needs to know of GOV.UK Notify. */
export interface NotifySettings {
  readonly apiKey: string
  /** Its own, or a stand-in of a test. */
  readonly url: string
  /** A template with the placeholders `subject` and `body`; `null` where mail goes another way. */
  readonly emailTemplate: string | null
  /** A template with the placeholder `body`; `null` where no text messages are sent. */
  readonly textTemplate: string | null
}
