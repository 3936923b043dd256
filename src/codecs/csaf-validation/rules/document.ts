import { listAt, memberOf, recordAt, textAt } from '../../../kernel/json.ts'
import type { Fault, Rule } from '../model.ts'
import { categoryOf, each, instantAt, isClear, isEnglish, products, texts, vulnerabilities, withoutSeparators, type Placed } from './walk.ts'

const PROFILES = [
  'csaf_security_incident_response',
  'csaf_informational_advisory',
  'csaf_security_advisory',
  'csaf_vex',
  'csaf_deprecated_security_advisory',
  'csaf_withdrawn',
  'csaf_superseded',
]
const ADVISORIES = ['csaf_security_advisory', 'csaf_vex', 'csaf_deprecated_security_advisory']

/** Rules of CSAF 2.1 about the document as a whole: its category, its history, what a profile asks for, its licence and its extensions. */
export const DOCUMENT_RULES: Readonly<Record<string, Rule>> = {
  '6.1.60.2': document => unknownExtensions(document, 'Its schema would have to be fetched'),
  '6.1.60.3': document => unknownExtensions(document, 'What is asked of its use would have to be fetched'),
  '6.1.21': revisions,
  '6.2.14': privateLanguages,
  *'6.1.26'(document) {
    const category = categoryOf(document)
    if (category === 'csaf_base' || PROFILES.includes(category)) return
    const bare = withoutSeparators(category)
    if (category.toLowerCase().startsWith('csaf_') || PROFILES.some(profile => bare === plain(profile) || `csaf${bare}` === plain(profile)))
      yield { pointer: '/document/category', message: `“${category}” reads like the name of a profile and is none` }
  },
  *'6.1.27.3'(document) {
    const isWithout = ['csaf_informational_advisory', 'csaf_withdrawn', 'csaf_superseded'].includes(categoryOf(document))
    if (isWithout && memberOf(document, 'vulnerabilities') !== undefined)
      yield { pointer: '/vulnerabilities', message: `A document of the category ${categoryOf(document)} has none` }
  },
  *'6.1.27.4'(document) {
    yield* needed(document, ADVISORIES, 'product_tree')
  },
  *'6.1.27.5'(document) {
    if (!ADVISORIES.includes(categoryOf(document))) return
    for (const { value, pointer } of vulnerabilities(document)) if (listAt(value, 'notes').length === 0) yield { pointer, message: 'It has no notes' }
  },
  *'6.1.27.6'(document) {
    if (!['csaf_security_advisory', 'csaf_deprecated_security_advisory'].includes(categoryOf(document))) return
    for (const { value, pointer } of vulnerabilities(document))
      if (recordAt(value, 'product_status') === undefined) yield { pointer, message: 'It says of no product where it stands' }
  },
  *'6.1.27.11'(document) {
    yield* needed(document, ADVISORIES, 'vulnerabilities')
  },
  *'6.1.27.13'(document) {
    if (categoryOf(document) !== 'csaf_security_advisory') return
    for (const { value, pointer } of vulnerabilities(document)) {
      const status = recordAt(value, 'product_status')
      if (holds(status, ['fixed', 'first_fixed']) && !holds(status, ['known_affected', 'first_affected', 'last_affected']))
        yield { pointer: `${pointer}/product_status`, message: 'A product is fixed, and none is affected' }
    }
  },
  *'6.1.54'(document) {
    const expression = licenseOf(document)
    if (expression !== undefined && !isLicenseExpression(expression))
      yield { pointer: '/document/license_expression', message: `“${expression}” is no SPDX license expression` }
  },
  *'6.1.55'(document) {
    if (isEnglish(document) && isOwnLicense(licenseOf(document))) {
      const found = notesOf(document).filter(note => textAt(note, 'category') === 'legal_disclaimer' && textAt(note, 'title') === 'License')
      if (found.length !== 1)
        yield { pointer: '/document/notes', message: 'Exactly one note of the category legal_disclaimer with the title “License” has its text' }
    }
  },
  *'6.2.21'(document) {
    const seen = new Set<string>()
    for (const { value, pointer } of each(trackingOf(document), 'revision_history', '/document/tracking')) {
      const instant = instantAt(value, 'date')
      if (instant === undefined) continue
      // An instant keeps milliseconds; revisions may stand closer.
      const at = `${instant.getTime()} ${/\.\d{3}(\d*?)0*(?=[^\d])/.exec(textAt(value, 'date') ?? '')?.[1] ?? ''}`
      if (seen.has(at)) yield { pointer: `${pointer}/date`, message: 'Another revision was made at the same time' }
      seen.add(at)
    }
  },
  *'6.2.30'(document) {
    if (isClear(document) && recordAt(recordAt(recordAt(document, 'document'), 'distribution'), 'sharing_group') !== undefined)
      yield { pointer: '/document/distribution/sharing_group', message: 'The document is TLP:CLEAR, which is for everybody' }
  },
  *'6.2.39.1'(document) {
    if (categoryOf(document) !== 'csaf_security_advisory') return
    for (const { value, pointer } of vulnerabilities(document)) {
      const isFixable = listAt(value, 'remediations').some(remediation => textAt(remediation, 'category') === 'vendor_fix')
      const status = recordAt(value, 'product_status')
      if (isFixable && status !== undefined && !holds(status, ['fixed', 'first_fixed']))
        yield { pointer: `${pointer}/product_status`, message: 'There is a fix, and no product is fixed' }
    }
  },
  *'6.2.39.2'(document) {
    if (categoryOf(document) === 'csaf_withdrawn') yield* translatedNote(document, 'reasoning for withdrawal', 'description')
  },
  *'6.2.39.3'(document) {
    if (categoryOf(document) === 'csaf_superseded') yield* translatedNote(document, 'reasoning for supersession', 'description')
  },
  *'6.2.39.4'(document) {
    if (categoryOf(document) !== 'csaf_superseded' || isEnglish(document)) return
    const term = translated(document, 'superseding document')
    if (term === undefined) yield untranslated(document, '/document/references', 'superseding document')
    else if (
      !listAt(recordAt(document, 'document'), 'references').some(
        reference => textAt(reference, 'category') === 'external' && textAt(reference, 'summary')?.startsWith(term) === true,
      )
    )
      yield { pointer: '/document/references', message: `No external reference has a summary that begins with “${term}”` }
  },
  *'6.2.39.5'(document) {
    if (!['csaf_withdrawn', 'csaf_superseded'].includes(categoryOf(document))) return
    for (const { pointer } of extensions(document)) yield { pointer, message: 'A document that is withdrawn or superseded needs no extension' }
  },
  *'6.2.40'(document) {
    const term = isEnglish(document) ? 'Product Description' : translated(document, 'product description')
    const notes = [...each(recordAt(document, 'document'), 'notes', '/document')]
    if (term === undefined) {
      if (notes.length > 0) yield untranslated(document, '/document/notes', 'product description')
      return
    }
    for (const { value, pointer } of notes) {
      const isAboutProduct =
        textAt(value, 'category') === 'description' && textAt(value, 'title')?.toLowerCase().includes(term.toLowerCase()) === true
      if (isAboutProduct && texts(value, 'product_ids').length + texts(value, 'group_ids').length === 0)
        yield { pointer, message: 'It does not say which product it describes' }
    }
  },
  *'6.2.43'(document) {
    const holder = recordAt(document, 'document')
    if (holder === undefined || (licenseOf(document) ?? '') !== '') return
    const message = Object.hasOwn(holder, 'license_expression') ? 'It is there and says nothing' : 'It is not there'
    yield { pointer: '/document/license_expression', message }
  },
  *'6.2.44'(document) {
    for (const name of identifiers(licenseOf(document)))
      if (DEPRECATED_LICENSES.has(name)) yield { pointer: '/document/license_expression', message: `${name} is deprecated by SPDX` }
  },
  *'6.2.46'(document) {
    if (isOwnLicense(licenseOf(document))) yield* translatedNote(document, 'license', 'legal_disclaimer')
  },
  *'6.2.53'(document) {
    for (const { value, pointer } of vulnerabilities(document))
      for (const id of each(value, 'ids', pointer)) {
        const pattern = ID_SYSTEMS.get(textAt(id.value, 'system_name') ?? '')
        if (pattern === undefined)
          yield { pointer: id.pointer, message: 'The register of id systems is not here: how this one writes its ids is not known', isUntried: true }
        else if (!pattern.test(textAt(id.value, 'text') ?? ''))
          yield { pointer: `${id.pointer}/text`, message: 'An issue of this system is written as #123' }
      }
  },
  *'6.2.54.3'(document) {
    for (const { value, pointer } of extensions(document))
      if (memberOf(value, 'critical') === true) yield { pointer, message: 'Who does not know this extension cannot read the document' }
  },
  *'6.3.17'(document) {
    for (const name of identifiers(licenseOf(document)))
      if (name.startsWith('LicenseRef-')) yield { pointer: '/document/license_expression', message: `${name} is in no list of licenses` }
  },
  *'6.3.21.1'(document) {
    for (const { value, pointer } of extensions(document))
      if (textAt(value, 'category') === 'essential') yield { pointer: `${pointer}/category`, message: 'The extension is essential' }
  },
  *'6.3.21.3'(document) {
    yield* usedAt(document, pointer => pointer.startsWith('/document/'))
  },
  *'6.3.21.4'(document) {
    yield* usedAt(document, pointer => pointer.startsWith('/product_tree/branches/'))
  },
  *'6.3.21.5'(document) {
    yield* usedAt(document, pointer => pointer.startsWith('/product_tree/full_product_names/'))
  },
  *'6.3.21.6'(document) {
    yield* usedAt(document, pointer => pointer.startsWith('/product_tree/product_paths/'))
  },
  *'6.3.21.7'(document) {
    yield* usedAt(document, pointer => /^\/vulnerabilities\/\d+\/metrics\//.test(pointer))
  },
  *'6.3.21.8'(document) {
    yield* usedAt(document, pointer => /^\/vulnerabilities\/\d+\/x_extensions\//.test(pointer))
  },
  *'6.3.21.9'(document) {
    yield* usedAt(document, pointer => pointer.startsWith('/x_extensions/'))
  },
}

/** Titles that the standard gives, in the languages whose translation the technical committee has recorded. */
const TRANSLATIONS = {
  license: new Map([['de', 'Lizenz']]),
  'product description': new Map([['de', 'Produktbeschreibung']]),
  'reasoning for supersession': new Map([['de', 'Begründung für die Ersetzung']]),
  'reasoning for withdrawal': new Map([['de', 'Begründung für die Zurückziehung']]),
  'superseding document': new Map([['de', 'Ersetzendes Dokument']]),
} as const
type Term = keyof typeof TRANSLATIONS

function translated(document: unknown, term: Term): string | undefined {
  return TRANSLATIONS[term].get(languageOf(document).split('-')[0] ?? '')
}

function languageOf(document: unknown): string {
  return (textAt(recordAt(document, 'document'), 'lang') ?? '').toLowerCase()
}

function untranslated(document: unknown, pointer: string, term: Term): Fault {
  return { pointer, message: `No translation of “${term}” into the language ${languageOf(document)} is known`, isUntried: true }
}

/** In a language other than English, exactly one note has the title that the standard gives for it, and is of that category. */
function* translatedNote(document: unknown, term: Term, category: string): Generator<Fault> {
  if (isEnglish(document)) return
  const title = translated(document, term)
  if (title === undefined) {
    yield untranslated(document, '/document/notes', term)
    return
  }
  const found = notesOf(document).filter(note => textAt(note, 'title') === title && textAt(note, 'category') === category)
  if (found.length !== 1) yield { pointer: '/document/notes', message: `Exactly one note of the category ${category} has the title “${title}”` }
}

/** How the registered systems write their ids (Registry for Vulnerability ID Systems for CSAF), as far as it is known here. */
const ID_SYSTEMS: ReadonlyMap<string, RegExp> = new Map([['https://github.com/oasis-tcs/csaf', /^#[1-9]\d*$/]])

/** No extension is known here, so none can be judged by what it itself asks for. The standard wants its address named. */
function* unknownExtensions(document: unknown, message: string): Generator<Fault> {
  for (const { value, pointer } of extensions(document))
    yield { pointer, message: `The extension ${textAt(value, '$schema') ?? ''} is not known here. ${message}`, isUntried: true }
}

/** A language that only those understand who agreed on it (BCP 47: private subtags, and codes that ISO keeps for private use). The same in CSAF 2.0 and 2.1. */
export function* privateLanguages(document: unknown): Generator<Fault> {
  for (const name of ['lang', 'source_lang']) {
    const language = textAt(recordAt(document, 'document'), name) ?? ''
    const [first = '', ...rest] = language.toLowerCase().split('-')
    const isPrivate = first === 'x' || rest.includes('x') || /^q[a-t][a-z]$/.test(first) || rest.some(part => PRIVATE_SUBTAG.test(part))
    if (isPrivate) yield { pointer: `/document/${name}`, message: `${language} is for private use` }
  }
}

/** A script from Qaaa to Qabx, and regions AA, QM to QZ, XA to XZ and ZZ. */
const PRIVATE_SUBTAG = /^(?:qa(?:a[a-z]|b[a-x])|aa|q[m-z]|x[a-z]|zz)$/

/**
 * No number is left out of the history, which begins with 0 or 1; in semantic versions the first part counts. Revisions of the same instant stand in the order of their
 * numbers. The same in CSAF 2.0 and 2.1.
 */
export function* revisions(document: unknown): Generator<Fault> {
  const found = listAt(trackingOf(document), 'revision_history')
    .map(revision => ({ number: Number.parseInt(textAt(revision, 'number') ?? '', 10), at: instantAt(revision, 'date')?.getTime() ?? 0 }))
    .filter(({ number }) => Number.isSafeInteger(number))
  const [earliest] = found.toSorted((a, b) => a.at - b.at || a.number - b.number)
  if (earliest === undefined) return
  const numbers = [...new Set(found.map(({ number }) => number))].toSorted((a, b) => a - b)
  const pointer = '/document/tracking/revision_history'
  if (earliest.number > 1) yield { pointer, message: `It begins with ${earliest.number}, and should begin with 0 or 1` }
  for (const [at, number] of numbers.entries()) {
    const before = numbers[at - 1]
    if (before !== undefined && number !== before + 1) yield { pointer, message: `Between ${before} and ${number} a version is left out` }
  }
}

function plain(profile: string): string {
  return profile.replaceAll('_', '')
}

function* needed(document: unknown, categories: readonly string[], name: string): Generator<Fault> {
  const category = categoryOf(document)
  if (categories.includes(category) && memberOf(document, name) === undefined)
    yield { pointer: `/${name}`, message: `A document of the category ${category} has one, and this has none` }
}

function holds(status: unknown, names: readonly string[]): boolean {
  return names.some(name => listAt(status, name).length > 0)
}

function trackingOf(document: unknown) {
  return recordAt(recordAt(document, 'document'), 'tracking')
}

function notesOf(document: unknown): readonly unknown[] {
  return listAt(recordAt(document, 'document'), 'notes')
}

function licenseOf(document: unknown): string | undefined {
  return textAt(recordAt(document, 'document'), 'license_expression')
}

/** The licenses and exceptions that an expression names (SPDX 2.2 annex D). */
function identifiers(expression: string | undefined): readonly string[] {
  return (expression ?? '').split(/[\s()]+/).filter(word => word !== '' && !/^(?:AND|OR|WITH)$/.test(word))
}

/** Whether it names a license that is in no list, and so needs its text. Those of ScanCode are in a list. */
function isOwnLicense(expression: string | undefined): boolean {
  return identifiers(expression).some(name => name.startsWith('LicenseRef-') && !name.startsWith('LicenseRef-scancode-'))
}

const OWN_NAME = /^(?:DocumentRef-[A-Za-z0-9.-]+:)?(?:LicenseRef|AdditionRef)-[A-Za-z0-9.-]+$/
const LISTED_NAME = /^(?!(?:licenseref|additionref|documentref)-)[a-z0-9.-]+\+?$/i

/** By the grammar of SPDX: names joined by AND, OR and WITH, in brackets where need be. Whether a license of that name exists is another rule's. */
function isLicenseExpression(expression: string): boolean {
  const words = expression
    .replace(/[()]/g, ' $& ')
    .split(/\s+/)
    .filter(word => word !== '')
  let depth = 0
  let isNameNext = true
  for (const word of words) {
    if (word === '(' && isNameNext) depth++
    else if (word === ')' && !isNameNext && depth > 0) depth--
    else if (/^(?:AND|OR|WITH)$/.test(word) && !isNameNext) isNameNext = true
    else if (isNameNext && (OWN_NAME.test(word) || LISTED_NAME.test(word))) isNameNext = false
    else return false
  }
  return depth === 0 && !isNameNext
}

/** Identifiers that SPDX keeps for old documents alone. */
const DEPRECATED_LICENSES: ReadonlySet<string> = new Set(
  'AGPL-1.0 AGPL-3.0 BSD-2-Clause-FreeBSD BSD-2-Clause-NetBSD BZip2-1.0.5 GFDL-1.1 GFDL-1.2 GFDL-1.3 GPL-1.0 GPL-1.0+ GPL-2.0 GPL-2.0+ GPL-2.0-with-autoconf-exception GPL-2.0-with-bison-exception GPL-2.0-with-classpath-exception GPL-2.0-with-font-exception GPL-2.0-with-GCC-exception GPL-3.0 GPL-3.0+ GPL-3.0-with-autoconf-exception GPL-3.0-with-GCC-exception LGPL-2.0 LGPL-2.0+ LGPL-2.1 LGPL-2.1+ LGPL-3.0 LGPL-3.0+ Net-SNMP Nokia-Qt-exception-1.1 Nunit StandardML-NJ bzip2-1.0.5 eCos-2.0 wxWindows'.split(
    ' ',
  ),
)

function* extensions(document: unknown): Generator<Placed> {
  yield* each(document, 'x_extensions', '')
  yield* each(recordAt(document, 'document'), 'x_extensions', '/document')
  for (const { value, pointer } of products(document)) yield* each(value, 'x_extensions', pointer)
  for (const { value, pointer } of vulnerabilities(document)) {
    yield* each(value, 'x_extensions', pointer)
    for (const metric of each(value, 'metrics', pointer)) yield* each(recordAt(metric.value, 'content'), 'x_extensions', `${metric.pointer}/content`)
  }
}

function* usedAt(document: unknown, isThere: (pointer: string) => boolean): Generator<Fault> {
  for (const { pointer } of extensions(document)) if (isThere(pointer)) yield { pointer, message: 'An extension is used here' }
}
