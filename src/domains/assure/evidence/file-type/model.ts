import { fail, succeed, type Result } from '../../../../kernel/problem.ts'

/** What kind of file its bytes are. */
export interface FileType {
  readonly mediaType: string
  /** The endings under which it may be called; the first is added where it has none of them. */
  readonly endings: readonly string[]
}

const OFFICE = 'application/vnd.openxmlformats-officedocument'
const OPEN_DOCUMENT = 'application/vnd.oasis.opendocument'

/** Kinds that say what they are in their first bytes. */
const BY_BEGINNING: readonly (FileType & { readonly begins: readonly number[] })[] = [
  { mediaType: 'application/pdf', endings: ['pdf'], begins: [0x25, 0x50, 0x44, 0x46, 0x2d] },
  { mediaType: 'image/png', endings: ['png'], begins: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { mediaType: 'image/jpeg', endings: ['jpg', 'jpeg'], begins: [0xff, 0xd8, 0xff] },
]

/** Documents that are ZIP archives, by the folder or the note that they hold. */
const BY_CONTENT: readonly (FileType & { readonly holds: string })[] = [
  { mediaType: `${OFFICE}.wordprocessingml.document`, endings: ['docx'], holds: 'word/document.xml' },
  { mediaType: `${OFFICE}.spreadsheetml.sheet`, endings: ['xlsx'], holds: 'xl/workbook.xml' },
  { mediaType: `${OFFICE}.presentationml.presentation`, endings: ['pptx'], holds: 'ppt/presentation.xml' },
  { mediaType: `${OPEN_DOCUMENT}.text`, endings: ['odt'], holds: `mimetype${OPEN_DOCUMENT}.text` },
  { mediaType: `${OPEN_DOCUMENT}.spreadsheet`, endings: ['ods'], holds: `mimetype${OPEN_DOCUMENT}.spreadsheet` },
]

const TEXT: FileType = { mediaType: 'text/plain', endings: ['txt', 'csv', 'log', 'md', 'json', 'eml'] }
const ZIP = [0x50, 0x4b, 0x03, 0x04]
const MACROS = 'vbaProject.bin'

/** What is taken, in words for people. */
export const TAKEN = 'PDF, Word, Excel, PowerPoint, OpenDocument, PNG, JPEG and plain text'

/**
 * What kind of file the bytes are, whatever it is called. Refuses what it does not know, programs and documents with macros among them: evidence is
 * read by people, on machines that matter.
 */
export function fileTypeOf(bytes: Buffer): Result<FileType> {
  if (bytes.length === 0) return refuse('empty', 'The file is empty. Choose another.')
  const known = BY_BEGINNING.find(({ begins }) => begins.every((byte, at) => bytes[at] === byte))
  if (known !== undefined) return succeed(known)
  if (ZIP.every((byte, at) => bytes[at] === byte)) {
    if (bytes.includes(MACROS)) return refuse('macros', 'This document has macros in it. Save it without them, or as a PDF.')
    const document = BY_CONTENT.find(({ holds }) => bytes.includes(holds))
    return document === undefined ? unknownKind() : succeed(document)
  }
  return isText(bytes) ? succeed(TEXT) : unknownKind()
}

/** The name under which it is offered again: no path, nothing that a file system takes amiss, and an ending that says what it is. */
export function safeName(name: string, { endings }: FileType): string {
  const last = name.split(/[/\\]/).at(-1) ?? ''
  const clean = last
    .replace(/[^\p{L}\p{N}._ -]/gu, '')
    .replace(/^[. ]+|[. ]+$/g, '')
    .slice(-120)
  const ending = /\.([^.]+)$/.exec(clean)?.[1]?.toLowerCase()
  if (clean === '') return `evidence.${endings[0]}`
  return ending !== undefined && endings.includes(ending) ? clean : `${clean}.${endings[0]}`
}

function isText(bytes: Buffer): boolean {
  if (bytes.includes(0)) return false
  try {
    // Markup is for browsers, which would run what is in it.
    return !/^\s*(?:<!doctype html|<html|<svg|<\?xml|<script)/i.test(new TextDecoder('utf-8', { fatal: true }).decode(bytes).slice(0, 1_000))
  } catch {
    return false
  }
}

function unknownKind() {
  return refuse('kind', `This kind of file is not taken. Save it as one of these: ${TAKEN}.`)
}

function refuse(rule: string, message: string) {
  return fail({ rule: `assure.evidence.${rule}`, pointer: 'file', severity: 'error', message })
}
