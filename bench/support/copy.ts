import type { Submittable, Connection } from 'pg'

/** Whatever a PostgreSQL connection can do in the copy protocol; the driver's types leave it out. */
interface CopyConnection extends Connection {
  query(text: string): void
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/**
 * `COPY … FROM STDIN` of text that is in memory: the fastest way into a table that PostgreSQL has, and so a limit to measure
 * against. Give it to `client.query`, and await `done`.
 */
export class CopyIn implements Submittable {
  readonly done: Promise<void>
  readonly #text: string
  readonly #data: Buffer
  #settle: { accept(): void; refuse(error: Error): void } = { accept: () => {}, refuse: () => {} }
  #error: Error | null = null

  constructor(text: string, data: Buffer) {
    this.#text = text
    this.#data = data
    this.done = new Promise((accept, refuse) => (this.#settle = { accept, refuse }))
  }

  submit(connection: Connection): void {
    ;(connection as CopyConnection).query(this.#text)
  }

  handleCopyInResponse(connection: Connection): void {
    ;(connection as CopyConnection).sendCopyFromChunk(this.#data)
    ;(connection as CopyConnection).endCopyFrom()
  }

  handleError(error: Error): void {
    this.#error = error
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    if (this.#error === null) this.#settle.accept()
    else this.#settle.refuse(this.#error)
  }
}
