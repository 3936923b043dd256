import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import nunjucks from 'nunjucks'
import { inlineBar } from '../charts/bar.ts'
import type { BarPart } from '../charts/bar.ts'
import { Bug, CareCertError } from '../kernel/errors.ts'
import type { StaticFiles, Views } from '../platform/views.ts'
import { errorAdvice } from './error-advice.ts'
import { date, dateParts, dateTime, exactTime, isoTime, relative, timeLeft, timeOfDay } from './filters/dates.ts'
import { markdownToHtml } from './filters/markdown.ts'
import { cleanHtml } from './filters/safe-html.ts'
import { json, number, percent, plural, sentence } from './filters/words.ts'
import { deliveryTag, priorityTag, responseTag, severityTag, tlpClass } from './labels.ts'
import { navigationItems, problemLinks } from './shell-filters.ts'

const here = dirname(fileURLToPath(import.meta.url))
const nhsukFolder = dirname(createRequire(import.meta.url).resolve('nhsuk-frontend/package.json'))

export interface ViewsOptions {
  readonly assets: StaticFiles
  /** Folders searched before our own; for tests. */
  readonly templateFolders?: readonly string[]
  /** What every template may name, besides its model. */
  readonly baseContext: Readonly<Record<string, unknown>>
}

/**
 * The views of the whole product. Each template is read and compiled once, on its first use.
 * `render` throws `Bug` when a template is missing or faulty, with the place in the private detail.
 */
export function createViews(options: ViewsOptions): Views {
  const folders = [
    ...(options.templateFolders ?? []),
    join(here, 'views'),
    here,
    join(here, '..', 'domains'),
    join(here, '..', 'interop'),
    join(nhsukFolder, 'dist'),
  ]
  const pages = createEnvironment(folders, options, true)
  const texts = createEnvironment(folders, options, false)
  return {
    render(template, model) {
      try {
        return (template.endsWith('.txt.njk') ? texts : pages).render(template, { ...model })
      } catch (error) {
        if (error instanceof CareCertError) throw error
        const detail = error instanceof Error ? error.message : String(error)
        throw new Bug('ui.template.failed', `The template ${template} could not be rendered.`, detail, { cause: error })
      }
    },
  }
}

function createEnvironment(folders: readonly string[], options: ViewsOptions, autoescape: boolean): nunjucks.Environment {
  const environment = new nunjucks.Environment(new TemplateLoader([...folders]), {
    autoescape,
    trimBlocks: true,
    lstripBlocks: true,
    throwOnUndefined: false,
  })
  for (const [name, value] of Object.entries(options.baseContext)) environment.addGlobal(name, value)
  environment.addGlobal('assetPath', options.assets.url('manifest.json').replace('/manifest.json', ''))
  environment.addGlobal('asset', (name: string) => options.assets.url(name))
  for (const [name, filter] of Object.entries(TEXT_FILTERS)) environment.addFilter(name, filter)
  environment.addFilter('markdown', (text: string | null, level?: number) => new nunjucks.runtime.SafeString(markdownToHtml(text, level)))
  environment.addFilter('inlineBar', (parts: readonly BarPart[]) => new nunjucks.runtime.SafeString(inlineBar(parts)))
  environment.addFilter('safeHtml', (html: string | null) => new nunjucks.runtime.SafeString(cleanHtml(html)))
  return environment
}

/** Filters whose result is plain text or data: the template escapes it. */
const TEXT_FILTERS = {
  date,
  dateParts,
  dateTime,
  timeOfDay,
  exactTime,
  isoTime,
  relative,
  timeLeft,
  number,
  percent,
  plural,
  sentence,
  json,
  severityTag,
  priorityTag,
  responseTag,
  deliveryTag,
  tlpClass,
  problemLinks,
  navigationItems,
  errorAdvice,
}

/**
 * Reads templates, and keeps two promises about them:
 * 1. No page has an inline script, for the content security policy refuses it: the one in the NHS template becomes a file.
 * 2. Our macros are imported `with context`, without which they would know neither the time nor the CSRF token.
 */
class TemplateLoader extends nunjucks.FileSystemLoader {
  override getSource(name: string): nunjucks.LoaderSource {
    const source = super.getSource(name)
    // Nunjucks' loader answers `null` for a name it does not have, which its types do not say.
    if (source === null) return source
    if (name === 'nhsuk/template.njk') return { ...source, src: withoutInlineScript(source.src) }
    const bare = /\{%-?\s*(?:from|import)\s+'macros\/[^%]*?%\}/g
    const careless = [...source.src.matchAll(bare)].find(([tag]) => !/with context\s*-?%\}$/.test(tag))
    if (careless !== undefined) throw new Bug('ui.template.without-context', `${name} must import our macros "with context": ${careless[0]}`)
    return source
  }
}

const INLINE_SCRIPT = /<script \{%- if cspNonce %\} nonce="\{\{ cspNonce \}\}"\{% endif %\}>.*?<\/script>/

function withoutInlineScript(template: string): string {
  if (!INLINE_SCRIPT.test(template))
    throw new Bug('ui.template.nhs-changed', 'The NHS template no longer has the inline script that we replace: look at the new one.')
  return template.replace(INLINE_SCRIPT, `<script src="{{ asset('early.js') }}"></script>`)
}
