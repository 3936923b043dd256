import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAtomFeed, parseRssFeed } from 'feedsmith'
import { parseInstant } from '../../kernel/instant.ts'
import { parseFeed } from './feed.ts'
import { writeAtom, writeRss, type FeedDocument } from './write.ts'

const at = (text: string) => parseInstant(text) ?? assert.fail()
const FEED: FeedDocument = {
  id: 'urn:uuid:00000000-0000-4000-8000-000000000001',
  title: 'Bulletins of a centre & its "friends"',
  subtitle: 'For everybody',
  author: 'A centre',
  updated: at('2026-05-02T09:30:00Z'),
  self: 'https://centre.example/feeds/bulletins/2.atom',
  home: 'https://centre.example/public',
  isArchive: true,
  links: { current: 'https://centre.example/feeds/bulletins.atom', previousArchive: 'https://centre.example/feeds/bulletins/1.atom' },
  entries: [
    {
      id: 'urn:uuid:00000000-0000-4000-8000-000000000002',
      title: 'CC-5001: a flaw in Larch & Sons\u0000',
      link: 'https://centre.example/public/CC-5001',
      published: at('2026-05-01T09:00:00Z'),
      updated: at('2026-05-02T09:30:00Z'),
      summary: 'A flaw lets a stranger in & out ]]> of it.',
      html: '<p>Install <strong>version 2</strong> &amp; &lt;script&gt; wait.</p>',
      categories: [{ scheme: 'https://centre.example/severity', term: 'high', label: 'High' }],
    },
  ],
}

test('Atom says all that RFC 4287 asks for, and RFC 5005 of an archive', () => {
  const text = writeAtom(FEED)
  const read = parseAtomFeed(text)
  assert.deepEqual([read.id, read.title?.value, read.updated], [FEED.id, FEED.title, '2026-05-02T09:30:00.000Z'])
  assert.deepEqual(
    read.links?.map(({ rel, href }) => [rel, href]),
    [
      ['alternate', FEED.home],
      ['self', FEED.self],
      ['current', FEED.links.current],
      ['prev-archive', FEED.links.previousArchive],
    ],
  )
  assert.match(text, /<fh:archive\/>/)
  const entry = read.entries?.[0]
  assert.deepEqual(
    [entry?.id, entry?.title?.value, entry?.published, entry?.content?.type, entry?.content?.value, entry?.summary?.value],
    [FEED.entries[0]?.id, 'CC-5001: a flaw in Larch & Sons', '2026-05-01T09:00:00.000Z', 'html', FEED.entries[0]?.html, FEED.entries[0]?.summary],
  )
  assert.deepEqual(entry?.categories, [{ scheme: 'https://centre.example/severity', term: 'high', label: 'High' }])
})

test('RSS says the same, with ids that are no addresses and dates of RFC 822', () => {
  const text = writeRss({ ...FEED, isArchive: false })
  const read = parseRssFeed(text)
  const item = read.items?.[0]
  assert.deepEqual(item?.guid, { value: FEED.entries[0]?.id, isPermaLink: false })
  assert.equal(item?.pubDate, 'Fri, 01 May 2026 09:00:00 GMT')
  assert.deepEqual([item?.content?.encoded, item?.link], [FEED.entries[0]?.html, FEED.entries[0]?.link])
  assert.doesNotMatch(text, /fh:archive\//)
})

test('a summary stands in RSS as HTML, which readers take it for: what looks like markup is none', () => {
  const entries = FEED.entries.map(entry => ({ ...entry, html: null, summary: 'Versions <2 & <b>all</b> before' }))
  const [item] = parseRssFeed(writeRss({ ...FEED, entries })).items ?? []
  assert.equal(item?.description, 'Versions &lt;2 &amp; &lt;b&gt;all&lt;/b&gt; before')
  const read = parseFeed(writeRss({ ...FEED, entries }))
  assert.ok(read.ok)
  assert.equal(read.value.items[0]?.summary, entries[0]?.summary)
})

test('our own reader takes both in without a complaint', () => {
  for (const text of [writeAtom(FEED), writeRss(FEED)]) {
    const read = parseFeed(text)
    assert.ok(read.ok)
    assert.deepEqual([read.problems, read.value.rejected], [[], []])
    const [item] = read.value.items
    assert.deepEqual(
      [item?.externalId, item?.title, item?.url, item?.published, item?.updated],
      [FEED.entries[0]?.id, 'CC-5001: a flaw in Larch & Sons', FEED.entries[0]?.link, FEED.entries[0]?.published, FEED.updated],
    )
  }
})

test('a feed without entries is sound', () => {
  for (const text of [writeAtom({ ...FEED, entries: [] }), writeRss({ ...FEED, entries: [] })]) assert.equal(parseFeed(text).ok, true)
})
