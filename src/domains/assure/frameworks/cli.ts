import { basename } from 'node:path'
import { CareCertError, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { FrameworkDocument, FrameworkFile } from '../../../kernel/framework.ts'
import type { Page } from '../../../kernel/page.ts'
import { many, required, type Command } from '../../../platform/cli/command.ts'
import { pageFrom, pagingOptions } from '../../../platform/cli/paging.ts'
import { readFileLimited } from '../../../platform/fetch/fetch.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { checkFramework } from './check.ts'
import { takeFrameworks, type Taken } from './commands.ts'
import { compareFrameworks, comparisonSentences } from './compare.ts'
import { named } from './identity.ts'
import { frameworkDetail, type FrameworkDetail } from './queries/detail.ts'
import { pageOfFrameworks, type FrameworkRow } from './queries/list.ts'
import { LARGEST_FRAMEWORK_BYTES, readFrameworkFile } from './taking/read-file.ts'
import { withdrawFramework } from './withdrawal/commands.ts'
import { ruleWords } from './words.ts'

type Options = Readonly<Record<string, unknown>>

const OVERRIDES = [
  { flags: '--code <code>', meaning: 'its code, where the file does not say it or it should be another' },
  { flags: '--framework-version <version>', meaning: 'its version, where the file does not say it' },
]

interface FileResult {
  readonly file: string
  readonly kind: string
  readonly taken: readonly Taken[]
  /** What is in it and was not taken. */
  readonly notes: readonly string[]
  readonly refused: string | null
}

const importCommand: Command = {
  name: 'frameworks import',
  summary: 'Take in frameworks, profiles and crosswalks: WebCAF, CISO Assistant, OSCAL, framework sheets',
  arguments: [many('file', 'YAML, JSON, CSV or .xlsx; what it is, is seen from what is in it')],
  options: OVERRIDES,
  permission: 'assure.framework.import',
  async run({ platform, actor, output }, paths, options) {
    const results = new Map<string, FileResult>()
    const read: { path: string; file: FrameworkFile }[] = []
    for (const path of paths) {
      try {
        const file = await readOne(path)
        read.push({ path, file: { ...file, frameworks: overridden(file.frameworks, options, paths.length) } })
      } catch (error) {
        results.set(path, refused(path, '', error))
      }
    }
    // A profile and a crosswalk need their framework: the order in which the files are named says nothing.
    const order = ({ file }: (typeof read)[number]): number => (file.frameworks.length > 0 ? 0 : file.profiles.length > 0 ? 1 : 2)
    for (const { path, file } of read.toSorted((a, b) => order(a) - order(b))) {
      try {
        const isNothing = file.frameworks.length + file.profiles.length + file.crosswalks.length === 0
        const taken = isNothing ? [] : await runWork<Visible, readonly Taken[]>(platform, actor, work => takeFrameworks(work, file))
        results.set(path, { file: basename(path), kind: file.kind, taken, notes: file.others, refused: null })
      } catch (error) {
        results.set(path, refused(path, file.kind, error))
      }
    }
    const all = paths.flatMap(path => results.get(path) ?? [])
    output.result(all, all.flatMap(resultLines))
    const bad = all.filter(result => result.refused !== null).length
    if (bad > 0)
      throw new Invalid(
        'assure.framework.refused',
        `${bad} of ${all.length} files ${bad === 1 ? 'was' : 'were'} refused. Nothing of ${bad === 1 ? 'it' : 'them'} was stored.`,
      )
  },
}

const listCommand: Command = {
  name: 'frameworks list',
  summary: 'List the frameworks that are loaded',
  arguments: [],
  options: [{ flags: '--search <words>', meaning: 'in the name, code or publisher' }, ...pagingOptions()],
  permission: 'assure.framework.view',
  async run({ platform, actor, output }, _arguments, options) {
    const asked = pageFrom(options)
    const filter = { search: textOf(options, 'search') ?? '', subject: null }
    const page = await readAs<Visible, Page<FrameworkRow>>(platform, actor, db => pageOfFrameworks(db, filter, 'name', asked))
    const frameworks = page.rows.map(({ id: _id, ...row }) => row)
    const lines = frameworks.map(row => `${`${row.code} ${row.version}`.padEnd(28)} ${String(row.outcomes).padStart(4)} outcomes  ${row.name}`)
    const more = page.next === null ? [] : [`The next: --cursor ${page.next}`]
    output.result({ frameworks, total: page.total, next: page.next }, [...lines, `${page.total} in all.`, ...more])
  },
}

const showCommand: Command = {
  name: 'frameworks show',
  summary: 'Show a framework: its tree, its rule in words, its profiles and what was found odd',
  arguments: [required('code', 'such as caf'), required('version', 'such as 3.2')],
  options: [],
  permission: 'assure.framework.view',
  async run({ platform, actor, output }, [code = '', version = '']) {
    const found = await readAs<Visible, FrameworkDetail | undefined>(platform, actor, db => frameworkDetail(db, code, version))
    if (found === undefined)
      throw new NotFound('assure.framework.unknown', `There is no framework ${code} ${version}. "carecert frameworks list" names them.`)
    const { framework, nodes, indicators, profiles, crosswalks, findings } = found
    const { id: _id, ...facts } = framework
    const data = {
      ...facts,
      isShipped: found.isShipped,
      loadedAt: found.loadedAt,
      nodes: nodes.map(({ code: nodeCode, kind, parentCode, title, levels }) => ({ code: nodeCode, kind, parentCode, title, levels })),
      indicators: indicators.map(({ code: indicatorCode, outcomeCode, level, text }) => ({ code: indicatorCode, outcomeCode, level, text })),
      profiles: profiles.map(profile => ({
        code: profile.code,
        name: profile.name,
        organisationType: profile.organisationType,
        period: profile.period,
        source: profile.source,
        levels: Object.fromEntries(profile.levels),
      })),
      crosswalks,
      findings: findings.map(finding => finding.message),
    }
    const outcomes = nodes.filter(node => node.kind === 'outcome').length
    output.result(data, [
      `${framework.name} (${framework.code} ${framework.version})`,
      `${outcomes} outcomes, ${indicators.length} indicators. ${framework.publisher}`,
      `Source: ${framework.source}`,
      ...(framework.licence === '' ? [] : [`Licence: ${framework.licence}`]),
      ...ruleWords(framework.rule, framework.levels).map(line => `  ${line}`),
      ...nodes.map(node => `${node.kind === 'group' ? '' : '  '}${node.code} ${node.title}`),
      ...profiles.map(profile => `Profile ${profile.code}: ${profile.name} (${profile.source})`),
      ...crosswalks.map(crosswalk => `Crosswalk: ${crosswalk.name}, ${crosswalk.pairs} pairs`),
      ...findings.map(finding => `Odd: ${finding.message}`),
    ])
  },
}

const withdrawCommand: Command = {
  name: 'frameworks withdraw',
  summary: 'Take a framework out of use; reviews that were opened keep it',
  arguments: [required('code', 'such as caf'), required('version', 'such as 3.2')],
  options: [],
  permission: 'assure.framework.import',
  async run({ platform, actor, output }, [code = '', version = '']) {
    await runWork<Visible, void>(platform, actor, work => withdrawFramework(work, code, version))
    output.result({ code, version, withdrawn: true }, [`${code} ${version} is withdrawn. Import its file again to bring it back.`])
  },
}

const checkCommand: Command = {
  name: 'frameworks check',
  summary: 'Say what is odd in a file of frameworks, and with --against how it differs from another; stores nothing',
  arguments: [required('file', 'a framework')],
  options: [...OVERRIDES, { flags: '--against <file>', meaning: 'another transcription of the same framework' }],
  permission: null,
  async run({ output }, [path = ''], options) {
    const file = await readOne(path)
    const frameworks = overridden(file.frameworks, options, 1)
    const against = textOf(options, 'against')
    const other = against === undefined ? undefined : (await readOne(against)).frameworks[0]
    const [first] = frameworks
    if (against !== undefined && (first === undefined || other === undefined))
      throw new Invalid('assure.framework.against', 'One of the two files holds no framework, so there is nothing to compare.')
    const checked = frameworks.map(framework => ({ code: framework.code, version: framework.version, findings: checkFramework(framework) }))
    const comparison = first !== undefined && other !== undefined ? compareFrameworks(first, other) : null
    output.result({ file: basename(path), kind: file.kind, frameworks: checked, notes: file.others, comparison }, [
      `${basename(path)}: ${file.kind}`,
      ...file.others,
      ...checked.flatMap(({ code, version, findings }) => [
        `${code} ${version}: ${findings.length === 0 ? 'nothing odd' : findings.length === 1 ? '1 finding' : `${findings.length} findings`}`,
        ...findings.map(finding => `  ${finding.severity === 'error' ? 'Fault' : 'Odd'}: ${finding.message}`),
      ]),
      ...(comparison === null ? [] : comparisonSentences(comparison)),
    ])
    const fatal = checked.flatMap(({ findings }) => findings).filter(finding => finding.severity === 'error').length
    if (fatal > 0) throw new Invalid('assure.framework.faulty', `It could not be imported: ${fatal} ${fatal === 1 ? 'fault' : 'faults'}.`)
  },
}

/** Throws `Invalid` with the reasons where the file cannot be read. */
async function readOne(path: string): Promise<FrameworkFile> {
  const read = await readFrameworkFile(await readFileLimited(path, LARGEST_FRAMEWORK_BYTES))
  if (read.ok) return read.value
  throw new Invalid('assure.framework.file', read.problems.map(problem => problem.message).join(' '))
}

function overridden(frameworks: readonly FrameworkDocument[], options: Options, files: number): readonly FrameworkDocument[] {
  const override = { code: textOf(options, 'code'), version: textOf(options, 'frameworkVersion') }
  if (override.code === undefined && override.version === undefined) return frameworks
  if (files > 1 || frameworks.length > 1)
    throw new Invalid('assure.framework.override', '--code and --framework-version name one framework. Give one file that holds one.')
  return frameworks.map(framework => named(framework, override))
}

function refused(path: string, kind: string, error: unknown): FileResult {
  if (!(error instanceof CareCertError)) throw error
  return { file: basename(path), kind, taken: [], notes: [], refused: error.message }
}

function resultLines({ file, kind, taken, notes, refused: why }: FileResult): readonly string[] {
  if (why !== null) return [`${file}: refused`, `  ${why}`]
  return [
    `${file}: ${kind}`,
    ...taken.flatMap(one => [`  ${one.what} ${one.code} ${one.version}: ${one.outcome}`, ...one.notes.map(note => `    ${note}`)]),
    ...notes.map(note => `  ${note}`),
  ]
}

function textOf(options: Options, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

export const frameworkCommands: readonly Command[] = [importCommand, listCommand, showCommand, withdrawCommand, checkCommand]
