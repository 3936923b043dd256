import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import type { IntelligenceBatch, IntelligenceItem } from '../../kernel/intelligence.ts'
import { lineAt, listAt, memberOf, recordAt, textAt } from '../../kernel/json.ts'
import type { Result } from '../../kernel/problem.ts'
import { cleanLine } from '../../kernel/text.ts'
import { decodeXml } from './encoding.ts'
import { parseFeed, readJsonFeed, recognisesFeed, recognisesJsonFeed } from './feed.ts'
import { readHtml } from './html.ts'

function valueOf(result: Result<IntelligenceBatch>): IntelligenceBatch {
  assert.ok(result.ok, JSON.stringify(result.problems))
  return result.value
}

function firstOf(result: Result<IntelligenceBatch>): IntelligenceItem {
  const item = valueOf(result).items[0]
  assert.ok(item !== undefined, JSON.stringify(result))
  return item
}

function ruleOf(result: Result<unknown>): string | undefined {
  assert.equal(result.ok, false)
  return result.problems[0]?.rule
}

const RSS = (
  item: string,
  channel = '',
) => `<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Acme &amp; Co</title>
  <link>https://acme.example/news/</link>${channel}${item}</channel></rss>`

const FULL = `<item><title>Gateway flaw CVE-2024-0001 &amp;amp; more</title><link>/news/1</link><guid isPermaLink="false">n-1</guid>
  <pubDate>Tue, 02 Jan 2024 03:04:05 GMT</pubDate><dc:creator>Ann</dc:creator><category>patch</category><category>patch</category>
  <description>&lt;p&gt;Mend &lt;b&gt;now&lt;/b&gt;&lt;/p&gt;</description>
  <content:encoded><![CDATA[<p>Mend <b>now</b>, see <a href="advisory.html">the advisory</a> for cve-2024-0002</p><script>alert(1)</script>]]></content:encoded>
  <enclosure url="https://acme.example/a.pdf" length="1" type="application/pdf"/></item>`

test('an entry becomes an item in plain text with whole links', () => {
  const result = parseFeed(RSS(FULL, '<lastBuildDate>Wed, 03 Jan 2024 00:00:00 GMT</lastBuildDate>'), 'https://acme.example/feeds/rss.xml')
  const batch = valueOf(result)
  assert.deepEqual(result.problems, [])
  assert.deepEqual(
    [batch.format, batch.label, batch.complete, batch.released?.toISOString(), batch.publisher],
    ['feed', 'RSS feed "Acme & Co"', false, '2024-01-03T00:00:00.000Z', { name: 'Acme & Co', namespace: 'https://acme.example/news/' }],
  )
  assert.deepEqual(batch.items, [
    {
      externalId: 'n-1',
      title: 'Gateway flaw CVE-2024-0001 & more',
      summary: 'Mend now',
      url: 'https://acme.example/news/1',
      published: new Date('2024-01-02T03:04:05Z'),
      updated: null,
      cves: ['CVE-2024-0001', 'CVE-2024-0002'],
      severity: null,
      cvssTenths: null,
      products: [],
      kev: null,
      tlp: null,
      withdrawn: false,
      references: ['https://acme.example/news/1', 'https://acme.example/a.pdf', 'https://acme.example/feeds/advisory.html'],
      details: { feed: 'RSS', authors: ['Ann'], content: 'Mend now, see the advisory for CVE-2024-0002'.replace('CVE-2024-0002', 'cve-2024-0002') },
      tags: ['patch'],
      faults: [],
    },
  ])
})

test('Atom, RDF and JSON Feed give the same', () => {
  const atom = `<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://acme.example/"><title type="html">Acme &amp;amp; Co</title><updated>2024-01-03T00:00:00Z</updated>
    <entry><id>tag:acme.example,2024:1</id><title>a &lt; b</title><link rel="self" href="x"/><link rel="alternate" type="application/json" href="1.json"/><link href="news/1"/>
    <published>2024-01-02T03:04:05Z</published><updated>2024-01-03T03:04:05Z</updated>
    <content type="xhtml" xml:base="news/"><div xmlns="http://www.w3.org/1999/xhtml">Mend <a href="a.html">now</a></div></content><category term="patch"/></entry></feed>`
  const item = firstOf(parseFeed(atom))
  assert.deepEqual(
    [item.externalId, item.title, item.url, item.summary],
    ['tag:acme.example,2024:1', 'a < b', 'https://acme.example/news/1', 'Mend now'],
  )
  assert.deepEqual([item.published?.toISOString(), item.updated?.toISOString()], ['2024-01-02T03:04:05.000Z', '2024-01-03T03:04:05.000Z'])
  assert.deepEqual([item.references, item.tags], [['https://acme.example/news/1', 'https://acme.example/news/a.html'], ['patch']])

  const rdf = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
    <channel rdf:about="https://acme.example/rdf"><title>Acme</title><link>https://acme.example/</link></channel>
    <item rdf:about="https://acme.example/1"><title>Flaw</title><link>https://acme.example/1</link><dc:date>2024-01-02T03:04+09:00</dc:date></item></rdf:RDF>`
  assert.equal(valueOf(parseFeed(rdf)).label, 'RDF feed "Acme"')
  assert.deepEqual(
    [firstOf(parseFeed(rdf)).externalId, firstOf(parseFeed(rdf)).published?.toISOString()],
    ['https://acme.example/1', '2024-01-01T18:04:00.000Z'],
  )

  const json = {
    version: 'https://jsonfeed.org/version/1.1',
    title: 'Acme <b>',
    home_page_url: 'https://acme.example/',
    items: [
      {
        id: 7,
        url: 'news/1',
        title: 'a <b',
        content_html: '<p>Mend</p><img src=x onerror=alert(1)>',
        date_published: '2024-01-02T03:04:05Z',
        tags: ['patch'],
      },
    ],
  }
  assert.equal(recognisesJsonFeed(json), true)
  assert.equal(valueOf(readJsonFeed(json)).label, 'JSON Feed "Acme <b>"')
  const news = firstOf(readJsonFeed(json))
  assert.deepEqual([news.externalId, news.url, news.title, news.summary, news.tags], ['7', 'https://acme.example/news/1', 'a <b', 'Mend', ['patch']])
})

test('identity is the guid, else the link, else what it says', () => {
  const ids = (...items: string[]) => valueOf(parseFeed(RSS(items.map(item => `<item>${item}</item>`).join('')))).items.map(item => item.externalId)
  assert.deepEqual(ids('<guid>g</guid><link>https://a.example/1</link><title>t</title>'), ['g'])
  assert.deepEqual(ids('<link>https://a.example/1</link><title>t</title>'), ['https://a.example/1'])
  const [titled, other, same] = [ids('<title>t</title>'), ids('<title>u</title>'), ids('<title>t</title><description>changed</description>')]
  assert.match(titled[0] ?? '', /^text:[0-9a-f]{16}$/)
  assert.notDeepEqual(titled, other)
  assert.deepEqual(titled, same)
  assert.equal(ids(`<guid isPermaLink="false">${'x'.repeat(5_000)}</guid><title>t</title>`)[0]?.length, 497)
})

test('an entry that stands twice, or says nothing, is put aside and the rest goes on', () => {
  const batch = valueOf(
    parseFeed(RSS('<item><guid>g</guid><title>t</title></item><item><guid>g</guid><title>t</title></item><item><author>a</author></item>')),
  )
  assert.equal(batch.items.length, 1)
  assert.deepEqual(
    batch.rejected.map(({ position, externalId }) => [position, externalId]),
    [
      ['/entries/1', 'g'],
      ['/entries/2', null],
    ],
  )
})

test('a link that does not lead to the web, and a date that cannot be read, are left out and said', () => {
  for (const link of [
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'https://user:pass@acme.example/',
    'file:///etc/passwd',
    'java&#10;script:alert(1)',
  ]) {
    const item = firstOf(parseFeed(RSS(`<item><title>t</title><link>${link}</link><pubDate>soon</pubDate></item>`)))
    assert.deepEqual([item.url, item.references, item.published], [null, [], null], link)
    assert.deepEqual(
      item.faults?.map(fault => fault.rule),
      ['feed.link', 'feed.date'],
    )
  }
})

test('relative links without any address are left out, and the feed is said to lack one', () => {
  const result = parseFeed('<rss version="2.0"><channel><item><title>t</title><link>/1</link></item></channel></rss>')
  assert.equal(firstOf(result).url, null)
  assert.equal(result.problems[0]?.rule, 'feed.address')
})

test('a feed without entries is sound', () => {
  for (const text of ['<rss version="2.0"/>', '<feed xmlns="http://www.w3.org/2005/Atom"></feed>', RSS('')])
    assert.deepEqual(valueOf(parseFeed(text)).items, [])
})

test('what is no feed is refused with the reason', () => {
  assert.equal(ruleOf(parseFeed('<!DOCTYPE html>\n<html><head><meta charset=utf-8></head><body>Sign in<br></body></html>')), 'feed.web-page')
  assert.equal(ruleOf(parseFeed('<!doctype html><title>Sign in</title>')), 'feed.web-page')
  assert.equal(ruleOf(parseFeed('<opml><body/></opml>')), 'feed.not-feed')
  assert.equal(ruleOf(parseFeed('<CHANNEL><ITEM HREF="https://a.example/"/></CHANNEL>')), 'feed.cdf')
  assert.equal(ruleOf(parseFeed(RSS(FULL).slice(0, 600))), 'feed.cut-off')
  assert.equal(ruleOf(parseFeed('< not xml')), 'feed.not-xml')
  assert.equal(ruleOf(readJsonFeed({ version: 'https://jsonfeed.org/version/1' })), 'feed.malformed')
  assert.equal(ruleOf(readJsonFeed({ items: [] })), 'feed.not-feed')
  for (const text of [
    '<rss/>',
    '<atom:feed xmlns:atom="http://www.w3.org/2005/Atom"/>',
    '<!DOCTYPE rss [<!ENTITY a "b">]><rss/>',
    '<?xml version="1.0"?><!-- <html> --><rdf:RDF/>',
  ])
    assert.equal(recognisesFeed(text), true, text)
  for (const text of ['<html/>', '<cvrfdoc/>', '<stix:STIX_Package/>', '{}', '']) assert.equal(recognisesFeed(text), false, text)
})

test('entities that load files, stand for further entities or explode are refused; plain ones are filled in', () => {
  const withType = (declarations: string, text: string) =>
    `<?xml version="1.0"?><!DOCTYPE rss [${declarations}]><rss version="2.0"><channel><item><title>${text}</title></item></channel></rss>`
  const bomb = Array.from({ length: 10 }, (_, at) => `<!ENTITY e${at + 1} "${`&e${at};`.repeat(10)}">`).join('')
  const hostile = [
    withType('<!ENTITY x SYSTEM "file:///etc/passwd">', '&x;'),
    withType('<!ENTITY x PUBLIC "-//x" "http://169.254.169.254/">', '&x;'),
    withType('<!ENTITY % x SYSTEM "http://evil.example/x.dtd"> %x;', 'a'),
    withType(`<!ENTITY e0 "lol">${bomb}`, '&e10;'),
    withType('<!ENTITY a "&b;"><!ENTITY b "&a;">', '&a;'),
    withType(`<!ENTITY a "${'x'.repeat(300)}">`, '&a;'.repeat(100_000)),
    withType('<!ENTITY a "<script>alert(1)</script>">', '&a;'),
    withType(Array.from({ length: 1_000 }, (_, at) => `<!ENTITY e${at} "x">`).join(''), 'a'),
  ]
  for (const text of hostile) assert.equal(ruleOf(parseFeed(text)), 'feed.entity', text.slice(0, 120))
  assert.equal(firstOf(parseFeed(withType('<!ENTITY acme "Acme &#38; Co">', 'From &acme;'))).title, 'From Acme & Co')
  const outside = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://evil.example/rss.dtd">'
  assert.equal(firstOf(parseFeed(`${outside}<rss version="0.91"><channel><item><title>t&eacute;</title></item></channel></rss>`)).title, 'té')
})

test('hostile shapes are refused or read in time', () => {
  const files: readonly (readonly [string, string | undefined])[] = [
    ['<rss>'.repeat(100_000), 'feed.too-deep'],
    [RSS(`<item><title>${'<b>'.repeat(100_000)}`), 'feed.too-deep'],
    [`<rss version="2.0"><channel>${'<item/>'.repeat(1_100_000)}</channel></rss>`, 'feed.too-large'],
    [`<rss ${'a="'.repeat(300_000)}`, 'feed.cut-off'],
    [`<rss>${'<!--'.repeat(300_000)}`, 'feed.cut-off'],
    [`<!DOCTYPE ${'['.repeat(500_000)}`, 'feed.cut-off'],
    [`${'<?x ?>'.repeat(100_000)}<rss/>`, undefined],
    [RSS('<item><title>t</title></item>'.repeat(1) + '<item><title>'.repeat(20_000)), 'feed.too-deep'],
    [RSS(`<item><description>${'&lt;div&gt;'.repeat(50_000)}x</description></item>`), undefined],
    [RSS(`<item><title>t</title><description>${'&amp;'.repeat(200_000)}</description></item>`), undefined],
    [RSS(`<item><title>${'&#60;a href=x '.repeat(50_000)}</title></item>`), undefined],
  ]
  for (const [text, rule] of files) {
    const start = performance.now()
    const result = parseFeed(text)
    assert.equal(result.ok ? undefined : result.problems[0]?.rule, rule, text.slice(0, 60))
    assert.ok(performance.now() - start < 5_000, `${text.slice(0, 60)}: ${performance.now() - start} ms`)
  }
})

test('nothing makes the reader throw', () => {
  const piece = fc.constantFrom(
    '<rss>',
    '<channel>',
    '<item>',
    '</item>',
    '<title>',
    '</title>',
    '<![CDATA[',
    ']]>',
    '&amp;',
    '&x;',
    '<a href="',
    "'",
    '<!--',
    '-->',
    '</rss>',
    'x',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    '<entry>',
    '<link/>',
    '<id>',
    '<?',
    '?>',
    '<!DOCTYPE',
    '[',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), pieces => void parseFeed(`<rss version="2.0"><channel>${pieces.join('')}</channel></rss>`)),
    { numRuns: 1_000 },
  )
  fc.assert(fc.property(fc.jsonValue(), value => void readJsonFeed({ version: 'https://jsonfeed.org/version/1', title: 't', items: value })))
})

const EXECUTABLE =
  /<\s*\/?\s*(?:script|style|iframe|object|embed|applet|meta|base|form|svg|math|img|a|frame|link)\b|\bon[a-z]{3,12}\s*=|(?:java|vb|live)script:|-moz-binding|expression\s*\(|data:text/i

test('nothing executable of hostile feeds survives', { skip: skipWithoutSharedData }, () => {
  const paths = globSync(sharedData('rss/feedparser/wellformed/sanitize/*.xml'))
  assert.equal(paths.length, 130)
  for (const path of paths) {
    const batch = valueOf(parseFeed(readFileSync(path, 'utf8'), 'https://feed.example/'))
    assert.doesNotMatch(JSON.stringify({ ...batch, rejected: [] }), EXECUTABLE, basename(path))
  }
})

function plain(html: string): string {
  return cleanLine(readHtml(html).text)
}

test('titles, links and dates equal what another library made of real feeds', { skip: skipWithoutSharedData }, () => {
  let compared = 0
  for (const path of globSync(sharedData('rss/rss-parser/input/*')).toSorted()) {
    const text = decodeXml(readFileSync(path))
    assert.ok(text.ok)
    const result = parseFeed(text.value)
    assert.deepEqual(result.problems, [], path)
    const name = basename(path).replace(/\..*/, '')
    const feed = recordAt(JSON.parse(readFileSync(sharedData(`rss/rss-parser/expected/${name}.json`), 'utf8')), 'feed')
    const expected = listAt(feed, 'items')
    const { items, rejected, publisher } = valueOf(result)
    assert.deepEqual([items.length, rejected.length, publisher?.name], [expected.length, 0, plain(lineAt(feed, 'title') ?? '')], name)
    for (const [index, entry] of expected.entries()) {
      const item = items[index]
      const link = lineAt(entry, 'link')
      assert.equal(item?.title, plain(textAt(entry, 'title') ?? ''), `${name} ${index}`)
      assert.equal(item?.url ?? undefined, link === undefined ? undefined : new URL(link, 'https://github.com/').href, `${name} ${index}`)
      assert.equal((item?.published ?? item?.updated)?.toISOString(), lineAt(entry, 'isoDate'), `${name} ${index}`)
      compared++
    }
  }
  assert.equal(compared, 180)
})

/** `entries[0]['title'] == 'Example'` in the comments of feedparser's feeds, of the members that are ours. */
const EXPECTATION =
  /(feed|entries\[0\])\['(title|link|id|guid|summary|description|published|updated|content)'\](?:\[0\])?(?:\['value'\])? == '((?:[^'\\]|\\.)*)'/
const LINK_EXPECTATION = /(entries\[0\]|feed)\['links'\]\[0\]\['href'\] == '([^']*)'/

test("members equal what the authors of Python's feedparser expect", { skip: skipWithoutSharedData }, () => {
  const counts: Record<string, number> = {}
  for (const path of globSync(sharedData('rss/feedparser/{wellformed,entities,encoding}/**/*.xml')).toSorted()) {
    const bytes = readFileSync(path)
    const name = basename(path)
    // What is said not to be read: the Channel Definition Format, base64 of Atom 0.3, and XHTML bodies in RSS.
    if (/sanitize|\/cdf/.test(path) || /base64|cdf|body|fullitem|utf.?32/.test(name)) continue
    const contentType = /Header:\s*Content-type:\s*(.+)/i.exec(bytes.toString('latin1'))?.[1] ?? null
    const decoded = decodeXml(bytes, contentType)
    assert.ok(decoded.ok)
    const location = /Content-Location:\s*(\S+)/i.exec(decoded.value)?.[1] ?? 'http://127.0.0.1:8097/feed.xml'
    // Entries that only say what they are tested for are completed with a title, without which there is nothing to read.
    const bare = valueOf(parseFeed(decoded.value, location))
    const titled = decoded.value.replace(/<(?:item|entry)[^>]*>/, '$&<title>x</title>')
    const batch = bare.items.length > 0 ? bare : valueOf(parseFeed(titled, location))
    const line = /^Expect:\s*(.*)$/m.exec(decoded.value)?.[1] ?? ''
    const [, subject = '', member = '', raw = ''] = EXPECTATION.exec(line) ?? LINK_EXPECTATION.exec(line)?.toSpliced(2, 0, 'link') ?? []
    if (subject === '' || /title_detail|source/.test(line)) continue
    const value = raw.replace(/\\u([\da-f]{4})|\\x([\da-f]{2})/gi, (_, a?: string, b?: string) =>
      String.fromCharCode(Number.parseInt(a ?? b ?? '', 16)),
    )
    const item = batch.items[0]
    const actual: Readonly<Record<string, unknown>> =
      subject === 'feed'
        ? { title: batch.publisher?.name, link: batch.publisher?.namespace, updated: batch.released?.toISOString() }
        : {
            title: item?.title,
            link: item?.url,
            id: item?.externalId,
            guid: item?.externalId,
            summary: item?.summary,
            description: item?.summary,
            content: textAt(item?.details, 'content') ?? item?.summary,
            published: item?.published?.toISOString(),
            updated: (item?.updated ?? item?.published)?.toISOString(),
          }
    if (!Object.hasOwn(actual, member) || (subject === 'feed' && member === 'link' && /rel="self"/.test(decoded.value))) continue
    const isText = /^(?:title|summary|description|content)$/.test(member)
    const expected = isText
      ? plain(value)
      : member === 'link'
        ? new URL(value).href
        : /^(?:updated|published)$/.test(member)
          ? new Date(value).toISOString()
          : value
    const isRelativeId = name === 'http_entry_id_base_docuri.xml'
    assert.equal(isText ? cleanLine(String(actual[member])) : actual[member], isRelativeId ? '/relative/link' : expected, `${name}: ${line}`)
    for (const [, href = ''] of value.matchAll(/href="([^"]*)"/g))
      if (subject !== 'feed') assert.ok(item?.references.includes(href), `${name}: ${href}`)
    counts[`${subject} ${member}`] = (counts[`${subject} ${member}`] ?? 0) + 1
  }
  assert.deepEqual(counts, {
    'entries[0] content': 6,
    'entries[0] description': 5,
    'entries[0] guid': 2,
    'entries[0] id': 5,
    'entries[0] link': 4,
    'entries[0] published': 1,
    'entries[0] summary': 3,
    'entries[0] title': 4,
    'entries[0] updated': 1,
    'feed link': 3,
    'feed title': 26,
    'feed updated': 2,
  })
})

test("Japan's vulnerability notes give their number, CVEs, scores and products", { skip: skipWithoutSharedData }, () => {
  const { items } = valueOf(parseFeed(readFileSync(sharedData('rss/jvn/jvndb_new.rdf'), 'utf8')))
  assert.deepEqual(
    items.map(item => [
      item.externalId,
      item.cves,
      item.cvssTenths,
      item.severity,
      item.products[0]?.cpe,
      item.products[0]?.product,
      memberOf(item.details, 'weaknesses'),
    ]),
    [
      ['JVNDB-2023-004814', ['CVE-2023-0078'], 54, 'medium', 'cpe:/a:resumebuilder:resume_builder', 'resume builder', ['CWE-79']],
      ['JVNDB-2022-020469', ['CVE-2022-46723'], 98, 'critical', 'cpe:/o:apple:macos', 'macOS', []],
    ],
  )
  assert.equal(items[0]?.published?.toISOString(), '2023-11-02T02:57:00.000Z')
})
