/**
 * Turns a template and a model into text. The floor above (`ui`) supplies it; routes and mail jobs are given it.
 *
 * A template is named by its path below `src/ui/views` (`errors/error.njk`) or below `src/domains`
 * (`broadcast/bulletins/views/show.njk`). A name that ends in `.txt.njk` gives plain text, with nothing escaped.
 */
export interface Views {
  render(template: string, model: object): string
}

/** One file that the browser may fetch, held in memory. Its address carries a hash of the content, so it never changes. */
export interface StaticFile {
  readonly contentType: string
  readonly body: Buffer
  /** The body under brotli, when that is smaller. */
  readonly brotli: Buffer | null
}

/** Every file that pages refer to, by its whole path (`/assets/1f3a…/carecert.css`). Nothing else is served below `/assets/`. */
export interface StaticFiles {
  readonly files: ReadonlyMap<string, StaticFile>
  /** The path of a file by its plain name, such as `carecert.css`. Throws `Bug` for a name that does not exist. */
  url(name: string): string
}
