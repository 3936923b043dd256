import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sampleModel, sampleShell, sampleTable } from '../../test/support/kitchen-sink.ts'
import { Bug } from '../kernel/errors.ts'
import { loadAssets } from './assets.ts'
import { createViews } from './environment.ts'

const scratch = mkdtempSync(join(tmpdir(), 'carecert-views-'))
after(() => rmSync(scratch, { recursive: true }))
const support = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'test', 'support')
const views = createViews({ assets: loadAssets(), templateFolders: [support, scratch], baseContext: { base: 'shared' } })

const EVIL = `'"><script>alert(1)</script><img src=x onerror=alert(1)>`
const evil = views.render('kitchen-sink.njk', sampleModel(EVIL))
const plain = views.render('kitchen-sink.njk', sampleModel('Plain words'))

test('no text that a model holds becomes markup, in any macro', () => {
  assert.doesNotMatch(evil, /<script>alert|<img src=x/)
  assert.ok(evil.split('&lt;script&gt;alert(1)').length > 60, 'the hostile text was shown nearly everywhere')
  for (const tag of tagsOf(evil)) assert.doesNotMatch(tag.replaceAll(/"[^"]*"|'[^']*'/g, ''), /\sonerror/, tag)
})

test('every page is well formed: tags close in order, and no id stands twice', () => {
  for (const html of [plain, evil]) assertWellFormed(html)
  const ids = [...plain.matchAll(/\sid="([^"]+)"/g)].map(match => match[1])
  // The funnel, its live frame and the progress bar each stand once in the sample, so a repeated id is a fault of a macro.
  assert.deepEqual(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
  )
})

test('every label and description points at something', () => {
  const ids = new Set([...plain.matchAll(/\sid="([^"]+)"/g)].map(match => match[1]))
  for (const [, , names] of plain.matchAll(/\s(for|aria-describedby|aria-labelledby)="([^"]+)"/g)) {
    for (const name of (names ?? '').split(' ')) assert.ok(ids.has(name), `nothing has the id ${name}`)
  }
})

test('nothing is inline and nothing is remote, so the content security policy can be strict', () => {
  for (const tag of tagsOf(plain)) {
    assert.doesNotMatch(tag, /\s(?:style|on[a-z]+)=/, tag)
    assert.doesNotMatch(tag, /\s(?:src|href|action)="(?:https?:)?\/\//, tag)
  }
  assert.doesNotMatch(plain, /<style/)
  for (const [, attributes, body] of plain.matchAll(/<script([^>]*)>([^<]*)<\/script>/g)) {
    assert.match(attributes ?? '', /src="\/assets\//)
    assert.equal(body, '')
  }
})

test('every form that posts carries the CSRF token', () => {
  for (const [form] of plain.matchAll(/<form[^>]*method="post"[\s\S]*?<\/form>/g)) assert.match(form, /name="_csrf" value="Plain words"/)
})

test('a field says when it may be left empty', () => {
  assert.match(plain, /for="region">\s*Region \(optional\)/)
})

test('headings are in order, with one of the first level', () => {
  const levels = [...plain.slice(plain.indexOf('<main')).matchAll(/<h([1-6])[ >]/g)].map(match => Number(match[1]))
  assert.equal(levels.filter(level => level === 1).length, 1)
  const inContent = levels.slice(levels.indexOf(1))
  inContent.forEach((level, index) => assert.ok(index === 0 || level <= (inContent[index - 1] ?? 1) + 1, `h${level} after h${inContent[index - 1]}`))
})

test('what was typed comes back letter for letter', () => {
  const body = /<textarea[^>]*id="body"[^>]*>([^<]*)</.exec(plain)?.[1]
  assert.equal(body?.replaceAll('\r', ''), 'Plain words\n  indented\n\n- list')
  for (const id of ['why', 'note']) assert.match(plain, new RegExp(`<textarea[^>]*id="${id}"[^>]*>Plain words\\n  two<`))
})

test('our table has the markup of the NHS table macro', () => {
  const { head, rows } = sampleTable('Plain words', 2)
  const model = { table: { caption: 'Plain words', head, rows: rows.map(row => ['x', 'a & b', row[2]]) } }
  writeFileSync(join(scratch, 'ours.njk'), `{% from 'macros/table.njk' import dataTable with context %}{{ dataTable(table) }}`)
  writeFileSync(
    join(scratch, 'theirs.njk'),
    `{% from 'nhsuk/components/tables/macro.njk' import table as nhsTable %}{{ nhsTable({ caption: { text: table.caption, size: 'm' }, responsive: true, firstCellIsHeader: true, head: table.head, rows: table.rows, attributes: { 'data-rows': { value: true, optional: true } } }) }}`,
  )
  const theirs = {
    table: { ...model.table, rows: model.table.rows.map(row => row.map(cell => ({ text: typeof cell === 'number' ? String(cell) : cell }))) },
  }
  assert.equal(squeeze(views.render('ours.njk', model)), squeeze(views.render('theirs.njk', theirs)))
})

test('a relative time has the exact one in its title', () => {
  assert.match(plain, /<time datetime="2018-04-03T06:02:00.000Z" title="Tuesday 3 April 2018, 7:02am BST">2 days ago<\/time>/)
  assert.match(plain, /class="app-overdue">2 days overdue</)
})

test('an unknown figure says so, and an empty cell is a dash', () => {
  assert.match(plain, /app-figure--bad">\s*<span class="app-figure__number">Not known<\/span>/)
  assert.match(plain, /<span aria-hidden="true">–<\/span><span class="nhsuk-u-visually-hidden">none<\/span>/)
})

test('whoever is not signed in is offered to, and sees no search', () => {
  const html = views.render('errors/error.njk', {
    shell: { ...sampleShell('Plain words'), account: null, notice: null, problems: [], exercise: false, sample: false },
    failure: { status: 404, title: 'Page not found', message: 'There is none.' },
  })
  assert.match(html, /href="\/sign-in"/)
  assert.doesNotMatch(html, /action="\/search"|action="\/sign-out"|app-strip--/)
  assert.match(html, /<h2 class="nhsuk-heading-m">What is safe<\/h2>\s*<p>Nothing was changed\.<\/p>/)
  assertWellFormed(html)
})

test('every kind of error has advice, and a fault of ours never blames the reader', () => {
  for (const status of [400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503]) {
    const html = views.render('errors/error.njk', { shell: sampleShell('Plain words'), failure: { status, title: 'T', message: 'M' } })
    assert.match(html, /What to do next<\/h2>\s*<ul[^>]*>\s*<li>/)
    assertWellFormed(html)
  }
})

test('a plain-text template escapes nothing, and a page does', () => {
  writeFileSync(join(scratch, 'note.txt.njk'), 'Do {{ what }} ({{ base }})')
  writeFileSync(join(scratch, 'note.njk'), 'Do {{ what }}')
  assert.equal(views.render('note.txt.njk', { what: 'a < b & "c"' }), 'Do a < b & "c" (shared)')
  assert.equal(views.render('note.njk', { what: 'a < b' }), 'Do a &lt; b')
})

test('a macro of ours imported without context is refused, for it would know neither the time nor the token', () => {
  writeFileSync(join(scratch, 'careless.njk'), `{% from 'macros/actions.njk' import csrf %}{{ csrf() }}`)
  assert.throws(
    () => views.render('careless.njk', {}),
    (error: unknown) => error instanceof Bug && /with context/.test(`${error.message}${error.detail}`),
  )
})

test('a template that is missing or faulty is a fault of ours, told with its name', () => {
  writeFileSync(join(scratch, 'faulty.njk'), '{{ nothing() }}')
  for (const name of ['missing.njk', 'faulty.njk'])
    assert.throws(
      () => views.render(name, {}),
      (error: unknown) => error instanceof Bug && error.message.includes(name),
    )
})

function tagsOf(html: string): string[] {
  return [...html.matchAll(/<[a-z][^<>]*>/gi)].map(match => match[0])
}

function squeeze(html: string): string {
  return html.replaceAll(/\s+/g, ' ').replaceAll('> ', '>').replaceAll(' <', '<').replaceAll(' data-rows', '').trim()
}

const VOID = new Set(['meta', 'link', 'input', 'img', 'br', 'hr'])

function assertWellFormed(html: string): void {
  const open: string[] = []
  // Attribute values may hold an unescaped ">"; text may not hold "<".
  for (const [tag, close, name = ''] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)(?:[^<>"']|"[^"]*"|'[^']*')*>/gi)) {
    if (VOID.has(name) || tag.endsWith('/>')) continue
    if (close === '/') assert.equal(open.pop(), name, `at ${tag} after ${open.join(' ')}`)
    else open.push(name)
  }
  assert.deepEqual(open, [])
}
