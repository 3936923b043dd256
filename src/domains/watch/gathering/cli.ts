import { Invalid, Unavailable } from '../../../kernel/errors.ts'
import { isWebAddress } from '../../../kernel/web-address.ts'
import { many, type Command, type CommandContext } from '../../../platform/cli/command.ts'
import { filesIn, isFolder, type FoundFile } from '../../../platform/fetch/folder.ts'
import { LARGE_DOCUMENT_BYTES, type SpooledFile } from '../../../platform/fetch/spool.ts'
import { readAs, type Reader } from '../../../platform/work/read.ts'
import { gatherFromSource } from '../gather-source.ts'
import { gather } from '../gather.ts'
import { listSources } from '../sources/queries.ts'
import type { Visible } from '../tables.ts'
import type { GatherResult } from '../take-document.ts'
import { partsOf } from '../take-message.ts'
import { addCounts, countsInWords, NO_COUNTS, sha256 } from './model.ts'
import { wasRead } from './queries.ts'

const gatherCommand: Command = {
  name: 'gather',
  summary: 'Take in files, folders or addresses: catalogues, advisories, news, STIX, MISP events, messages of mail',
  arguments: [many('file-or-url', 'what to gather, or a folder of it; what it is shows from its content')],
  options: [{ flags: '--source <code>', meaning: 'the source that it is from; found out from its content otherwise' }],
  permission: 'watch.source.gather',
  async run({ platform, actor, output }, addresses, options) {
    const source = typeof options['source'] === 'string' ? { source: options['source'] } : {}
    const targets = await targetsOf(addresses)
    const progress = output.progress('Documents', targets.length)
    const attempts: Attempt[] = []
    let known = 0
    try {
      for (const [index, { address, file }] of targets.entries()) {
        const held = file === null ? undefined : await heldOf(file, platform.fetch.largestFileBytes).catch(() => undefined)
        const hash = held === undefined ? undefined : (held.file?.hash ?? sha256(held.bytes ?? ''))
        if (hash === undefined || !(await readAs(platform, actor, (db: Reader<Visible>) => wasRead(db, hash))))
          attempts.push(await attempt(address, () => gather(platform, actor, { address, ...source, ...held })))
        else {
          known += 1
          await held?.file?.discard()
        }
        progress.update(index + 1)
      }
    } finally {
      progress.stop()
    }
    if (known > 0) output.say(`${known} ${known === 1 ? 'file was' : 'files were'} read before, and not again.`)
    report(output, attempts)
  },
}

async function heldOf(file: FoundFile, largest: number): Promise<{ readonly bytes?: Buffer; readonly file?: SpooledFile }> {
  return file.size > LARGE_DOCUMENT_BYTES ? { file: await file.spool(largest) } : { bytes: await file.read() }
}

interface Target {
  readonly address: string
  /** Set for what was found in a folder: it is read once, whatever it is called. */
  readonly file: FoundFile | null
}

/** Every file of a folder; anything else as it is. */
async function targetsOf(addresses: readonly string[]): Promise<readonly Target[]> {
  const targets: Target[] = []
  for (const address of addresses) {
    if (isWebAddress(address) || !(await isFolder(address))) {
      targets.push({ address, file: null })
      continue
    }
    const before = targets.length
    for await (const file of filesIn(address)) targets.push({ address: file.path, file })
    if (targets.length === before) throw new Invalid('watch.gather.empty', `There is no file in the folder ${address}.`)
  }
  return targets
}

const gatherSourcesCommand: Command = {
  name: 'sources gather',
  summary: 'Gather one source from its address, or all of them',
  arguments: [{ name: 'code', meaning: 'the source; all that have an address when left out', required: false, many: false }],
  options: [],
  permission: 'watch.source.gather',
  async run({ platform, actor, output }, [code]) {
    const sources =
      code === undefined
        ? await readAs<Visible, readonly { code: string; url: string | null; enabled: boolean }[]>(platform, actor, db => listSources(db))
        : []
    const codes = code === undefined ? sources.filter(source => source.enabled && source.url !== null).map(source => source.code) : [code]
    if (codes.length === 0)
      throw new Invalid(
        'watch.source.none',
        'No source has an address. Add one with "carecert sources add CODE --name NAME --format FORMAT --url ADDRESS".',
      )
    // All at once, so that a slow source delays no other.
    report(output, await Promise.all(codes.map(one => attempt(one, () => gatherFromSource(platform, actor, one)))))
  },
}

interface Attempt {
  readonly asked: string
  readonly result: GatherResult | null
  readonly failure: string | null
}

/** What cannot be gathered stops nothing else. Only an error that is not ours to explain does. */
async function attempt(asked: string, act: () => Promise<GatherResult>): Promise<Attempt> {
  try {
    const result = await act()
    return { asked, result, failure: result.failure }
  } catch (error) {
    if (!(error instanceof Invalid || error instanceof Unavailable)) throw error
    return { asked, result: null, failure: error.message }
  }
}

/** One object a source; then, when something failed, an error that names each. */
function report(output: CommandContext['output'], attempts: readonly Attempt[]): void {
  const results = attempts.flatMap(({ result }) => (result === null ? [] : [result, ...partsOf(result)]))
  for (const [source, own] of Map.groupBy(results, result => result.source)) {
    const counts = own
      .map(({ added, changed, withdrawn, unchanged, quarantined }) => ({ added, changed, withdrawn, unchanged, quarantined }))
      .reduce(addCounts, NO_COUNTS)
    const labels = [...new Set(own.map(result => result.label).filter(label => label !== null))]
    const what = labels.length === 1 ? (labels[0] ?? '') : `${own.length} ${own.length === 1 ? 'document' : 'documents'}`
    output.result({ source, ...counts }, [`${source}: ${what}`, `  ${countsInWords(counts)}`])
    for (const remark of new Set(own.flatMap(result => result.remarks))) output.say(`  ${remark}`)
  }
  const all = attempts.flatMap(({ asked, result, failure }) => [
    { asked, failure },
    ...(result === null ? [] : partsOf(result).map(part => ({ asked: part.address, failure: part.failure }))),
  ])
  const failed = all.filter(({ failure }) => failure !== null)
  if (failed.length === 0) return
  const reasons = failed.slice(0, 10).map(one => `${one.asked}: ${one.failure ?? ''}`)
  const more = failed.length > reasons.length ? [`and ${failed.length - reasons.length} more.`] : []
  const rest =
    failed.length < all.length ? `${failed.length} of ${all.length} could not be gathered; the rest was taken in.` : 'Nothing could be gathered.'
  throw new Invalid('watch.gather.failed', [rest, ...reasons, ...more].join('\n  '))
}

export const gatheringCommands: readonly Command[] = [gatherCommand, gatherSourcesCommand]
