import { open, type FileHandle } from 'node:fs/promises'
import type { IntelligenceBatch } from '../../../../kernel/intelligence.ts'
import { lineAt, parseJson, pointerTo, type JsonRecord } from '../../../../kernel/json.ts'
import type { Problem, Result } from '../../../../kernel/problem.ts'
import { recogniseJson } from '../recognise.ts'
import { neighbourhoodOf, type Neighbourhood } from './neighbours.ts'
import type { Survey } from './survey.ts'

/** What was read of some elements that follow each other, as if they had been a document of their own. */
export interface Part {
  /** The places of its elements: from the first, before the other. */
  readonly from: number
  readonly to: number
  readonly read: Result<IntelligenceBatch>
}

export interface PartSize {
  /** Most elements of a part. */
  readonly elements: number
  /** Most bytes of a part that has more than one element. */
  readonly bytes: number
}

const PART_SIZE: PartSize = { elements: 500, bytes: 2 * 1024 * 1024 }
/** The most that is read of what lies around a part. */
const MOST_BESIDE_BYTES = 16 * 1024 * 1024

/** Members that say how many elements there are: of a part they say so of the part. */
const COUNTS: readonly string[] = ['count', 'resultsPerPage']

/**
 * Reads a large list part by part, each by the codec of its format as a small document with the same facts beside its list. The parts
 * of a bundle of STIX have with them what lies around their objects, so that each item says what it would say if all had been read at once.
 */
export async function* partsOf(path: string, survey: Survey, known: readonly JsonRecord[], size: PartSize = PART_SIZE): AsyncGenerator<Part> {
  const file = await open(path)
  try {
    const { starts, ends } = survey
    for (let from = 0, to = 0; from < starts.length; from = to) {
      to = from + 1
      while (to < starts.length && to - from < size.elements && at(ends, to) - at(starts, from) <= size.bytes) to += 1
      yield { from, to, read: await readPart(file, survey, from, to, known) }
    }
  } finally {
    await file.close()
  }
}

async function readPart(
  file: FileHandle,
  survey: Survey,
  from: number,
  to: number,
  known: readonly JsonRecord[],
): Promise<Result<IntelligenceBatch>> {
  const json = parseJson(`[${await textAt(file, at(survey.starts, from), at(survey.ends, to - 1))}]`)
  if (!json.ok) return json
  // The text was put into a list above.
  const elements = json.value as readonly unknown[]
  if (!elements.some(isStixObject)) return rebased(recogniseJson(documentOf(survey, elements), null, known), survey, place => place + from)
  const objects = new Map(elements.map((object, index) => [from + index, object]))
  const around = await neighbourhoodOf(objects, survey.stix, readerIn(file, survey))
  const places = around.objects.map(([place]) => place)
  const document = documentOf(
    survey,
    around.objects.map(([, object]) => object),
  )
  const read = rebased(recogniseJson(document, null, known), survey, place => places[place] ?? 0)
  return read.ok ? { ...read, value: ownOf(read.value, around, survey, from, to), problems: [...read.problems, ...incomplete(around)] } : read
}

function isStixObject(value: unknown): boolean {
  return /^[a-z][a-z0-9-]*--[0-9a-f]{8}-/i.test(lineAt(value, 'id') ?? '')
}

function documentOf({ list, beside }: Survey, elements: readonly unknown[]): unknown {
  if (list === '') return elements
  const counts = COUNTS.filter(name => typeof beside[name] === 'number' && Object.hasOwn(beside, name)).map(name => [name, elements.length] as const)
  return { ...beside, ...Object.fromEntries(counts), [list]: elements }
}

/** Leaves out what belongs to other parts, and what nobody can be sure of. */
function ownOf(batch: IntelligenceBatch, { own, unsure }: Neighbourhood, survey: Survey, from: number, to: number): IntelligenceBatch {
  const position = pointerIn(survey, from)
  const rejected = batch.rejected.filter(entry => {
    const place = placeOf(entry.position)
    return place !== undefined && place >= from && place < to
  })
  const doubtful = [...own].filter(id => unsure.has(id)).map(externalId => ({ position, externalId, reason: UNSURE, excerpt: '' }))
  return { ...batch, items: batch.items.filter(({ externalId }) => own.has(externalId)), rejected: [...rejected, ...doubtful] }
}

const UNSURE = 'This object stands in more versions than are read together, so nobody knows which is the newest.'

function incomplete({ isWhole }: Neighbourhood): readonly Problem[] {
  if (isWhole) return []
  const message = 'Some objects are tied to more others than are read together: what they say of each other was taken in only in part.'
  return [{ rule: 'gather.parts.neighbours', pointer: '', severity: 'warning', message }]
}

/** Says of each place where it stands in the whole document. */
function rebased(read: Result<IntelligenceBatch>, survey: Survey, placeIn: (place: number) => number): Result<IntelligenceBatch> {
  if (!read.ok) return read
  const rejected = read.value.rejected.map(entry => {
    const place = placeOf(entry.position)
    if (place === undefined) return entry
    return { ...entry, position: entry.position.replace(POSITION, pointerIn(survey, placeIn(place))) }
  })
  return { ...read, value: { ...read.value, rejected } }
}

const POSITION = /^(?:\/[a-z]+)?\/(\d+)/

function placeOf(position: string): number | undefined {
  const place = POSITION.exec(position)?.[1]
  return place === undefined ? undefined : Number(place)
}

/** Where an element stands in the document, as a JSON Pointer. */
export function pointerIn({ list }: Survey, place: number): string {
  return list === '' ? pointerTo(place) : pointerTo(list, place)
}

function readerIn(file: FileHandle, { starts, ends }: Survey): (place: number) => Promise<unknown> {
  let bytes = 0
  return async place => {
    bytes += at(ends, place) - at(starts, place)
    if (bytes > MOST_BESIDE_BYTES) return undefined
    const json = parseJson(await textAt(file, at(starts, place), at(ends, place)))
    return json.ok ? json.value : undefined
  }
}

/** The name of whoever made most of the objects of a bundle, as its own object there says. */
export async function creatorIn(path: string, survey: Survey): Promise<string | null> {
  const { creator } = survey.stix
  if (creator === null) return null
  const file = await open(path)
  try {
    const readAt = readerIn(file, survey)
    let name: string | null = null
    let newest = ''
    for (const place of survey.stix.versionsOf(creator)) {
      const object = await readAt(place)
      const modified = lineAt(object, 'modified') ?? ''
      if (object === undefined || lineAt(object, 'id') !== creator || (name !== null && modified <= newest)) continue
      name = lineAt(object, 'name') ?? null
      newest = modified
    }
    return name
  } finally {
    await file.close()
  }
}

/** What follows the last whole element, for the person who looks at what could not be read. */
export async function excerptAfter(path: string, { ends }: Survey): Promise<string> {
  const file = await open(path)
  try {
    const from = ends.at(-1) ?? 0
    return await textAt(file, from, from + 500)
  } finally {
    await file.close()
  }
}

async function textAt(file: FileHandle, start: number, end: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start)
  return buffer.subarray(0, bytesRead).toString('utf8')
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? 0
}
