import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createMessage, readKey, readSignature, verify } from 'openpgp'
import { BASE, createCsafSector, OPEN } from '../../../test/support/csaf-sector.ts'
import { validateCsaf } from '../../../test/support/csaf-validator.ts'
import { CSAF_VERSIONS, csafFileName, type CsafVersion } from '../../codecs/csaf-writing/advisory.ts'
import { isRecord, lineAt, listAt, recordAt } from '../../kernel/json.ts'

/**
 * The requirements of a CSAF trusted provider (CSAF 2.0 §7.1 and 2.1 §7.1), one test each, in the order of the standard and for both versions: 1 to 20, 24 and 25.
 * 21 to 23 are those of aggregators.
 */
const { app, platform, open, bulletins, get, body, json, member } = await createCsafSector()
const { clear, green, amber, strict, red, exercise, grouped, holding } = bulletins
const { kysely: db } = platform.database
const FOLDERS = { '2.0': ['white', 'green', 'amber', 'red'], '2.1': ['clear', 'green', 'amber', 'amber+strict'] } as const
const documents = async (version: CsafVersion) =>
  Promise.all(open.map(async ({ path, id }) => ({ id, text: await body(`${OPEN[version]}/${path}`) })))

for (const version of CSAF_VERSIONS) {
  const of = `of CSAF ${version}`
  const metadataPath = `/.well-known/csaf/v${version}/provider-metadata.json`
  const label = version === '2.0' ? 'WHITE' : 'CLEAR'
  const feedPath = `${OPEN[version]}/feed-tlp-${label.toLowerCase()}.json`

  test(`requirement 1 ${of}: every document passes the mandatory, optional and informative tests of the reference validator`, async () => {
    for (const { id, text } of await documents(version)) assert.deepEqual(await validateCsaf(text, version), [], id)
    const rows = await sql<{
      body: string
      tracking_id: string
    }>`select body, tracking_id from interop_csaf_document where csaf = ${version}`.execute(db)
    assert.equal(rows.rows.length, open.length + 4)
    for (const row of rows.rows) assert.deepEqual(await validateCsaf(row.body, version), [], row.tracking_id)
  })

  test(`requirement 2 ${of}: a document’s file is named for its tracking id`, async () => {
    for (const { path } of open) {
      const id = lineAt(recordAt(recordAt(await json(`${OPEN[version]}/${path}`), 'document'), 'tracking'), 'id') ?? ''
      assert.equal(path.split('/')[1], csafFileName(id))
    }
  })

  test(`requirement 3 ${of}: every address is one of TLS`, async () => {
    for (const path of [metadataPath, feedPath]) assert.doesNotMatch(await body(path), /http:/)
  })

  test(`requirement 4 ${of}: what is TLP:CLEAR is freely fetched`, async () => {
    for (const { path } of open) assert.equal((await get(`${OPEN[version]}/${path}`)).statusCode, 200)
  })

  test(`requirement 5 ${of}: what is narrower lies on another path, and is asked for a token`, async () => {
    const places = { green, amber, 'amber+strict': strict, red: strict }
    for (const folder of FOLDERS[version].slice(1)) {
      const { path } = places[folder as keyof typeof places]
      const refused = await get(`/csaf/members/v${version}/${folder}/${path}`)
      assert.equal(refused.statusCode, 401, folder)
      assert.match(String(refused.headers['www-authenticate']), /Bearer/)
      assert.equal((await get(`/csaf/v${version}/${folder}/${path}`)).statusCode, 404, folder)
    }
    const folder = version === '2.0' ? 'amber' : 'amber'
    const reader = await member(amber)
    const found = await reader.get(`/csaf/members/v${version}/${folder}/${amber.path}`)
    assert.deepEqual([found.statusCode, found.headers['cache-control']], [200, 'private, no-cache'])
    assert.equal((await (await member(green)).get(`/csaf/members/v${version}/${folder}/${amber.path}`)).statusCode, 404, 'another’s is not there')
    for (const path of ['index.txt', 'changes.csv', `feed-tlp-${folder}.json`, `category-tlp-${folder}.json`]) {
      assert.doesNotMatch(
        (await (await member(green)).get(`/csaf/members/v${version}/${folder}/${path}`)).body,
        new RegExp(`cc-${amber.number}`, 'i'),
      )
    }
  })

  test(`requirement 5 ${of}: neither RED nor an exercise is anywhere, nor anything narrower in a public list`, async () => {
    const { rows } = await sql`select 1 from interop_csaf_document where bulletin_id in (${red.bulletinId}, ${exercise.bulletinId})`.execute(db)
    assert.equal(rows.length, 0)
    const lists = await sql<{ body: string }>`select body from interop_csaf_file`.execute(db)
    for (const { number } of [green, amber, strict, red, exercise, grouped])
      for (const list of lists.rows) assert.doesNotMatch(list.body, new RegExp(`cc-${number}`, 'i'))
  })

  test(`requirement 6 ${of}: nothing redirects, with a slash at the end or without`, async () => {
    for (const path of [
      metadataPath,
      `/csaf`,
      `/csaf/`,
      `/csaf/v${version}`,
      `/csaf/v${version}/`,
      `/${OPEN[version]}/`,
      `/${OPEN[version]}/2026/`,
      `/${feedPath}`,
    ])
      assert.equal((await get(path)).statusCode, 200, path)
  })

  test(`requirement 7 ${of}: provider-metadata.json says who, in which role, with which key, and where`, async () => {
    const metadata = await json(metadataPath)
    assert.ok(isRecord(metadata))
    assert.deepEqual(
      [
        metadata['canonical_url'],
        metadata['metadata_version'],
        metadata['role'],
        metadata['list_on_CSAF_aggregators'],
        metadata['mirror_on_CSAF_aggregators'],
      ],
      [BASE + metadataPath, version, 'csaf_trusted_provider', true, true],
    )
    assert.equal(lineAt(recordAt(metadata, 'publisher'), 'category'), version === '2.1' ? 'multiplier' : 'coordinator')
    assert.equal(metadata['$schema'], version === '2.1' ? 'https://docs.oasis-open.org/csaf/csaf/v2.1/schema/provider.json' : undefined)
    const [rolie, folder] = listAt(metadata, 'distributions')
    const feed = listAt(recordAt(rolie, 'rolie'), 'feeds')[0]
    assert.deepEqual([lineAt(feed, 'tlp_label'), lineAt(feed, 'url')], [label, `${BASE}/${feedPath}`])
    assert.equal(lineAt(feed, 'last_updated') === undefined, version === '2.0')
    if (version === '2.1') assert.deepEqual(recordAt(folder, 'directory'), { tlp_label: 'CLEAR', url: `${BASE}/${OPEN[version]}/` })
    else assert.equal(lineAt(folder, 'directory_url'), `${BASE}/${OPEN[version]}`)
  })

  test(`requirement 11 ${of}: a document lies in the folder of the year of its first release`, async () => {
    for (const { path } of open) {
      const date = lineAt(recordAt(recordAt(await json(`${OPEN[version]}/${path}`), 'document'), 'tracking'), 'initial_release_date')
      assert.equal(path.slice(0, 4), date?.slice(0, 4))
    }
  })

  test(`requirement 12 ${of}: index.txt lists every document of its label`, async () => {
    const listed = (await body(`${OPEN[version]}/index.txt`)).trim().split('\n')
    assert.deepEqual(listed.toSorted(), open.map(({ path }) => path).toSorted())
  })

  test(`requirement 13 ${of}: changes.csv has the newest change first, without a heading, ${version === '2.0' ? 'in quotes' : 'without quotes'}`, async () => {
    const lines = (await body(`${OPEN[version]}/changes.csv`)).trim().split('\n')
    assert.equal(lines.length, open.length)
    const form = version === '2.0' ? /^"(2026\/cc-\d+\.json)","([^"]+)"$/ : /^(2026\/cc-\d+\.json),([^",]+)$/
    const rows = lines.map(line => form.exec(line) ?? assert.fail(line))
    assert.equal(rows[0]?.[1], holding.path)
    assert.deepEqual(
      rows.map(row => row[2]),
      rows
        .map(row => row[2])
        .toSorted()
        .toReversed(),
    )
    for (const [, path = '', date] of rows)
      assert.equal(lineAt(recordAt(recordAt(await json(`${OPEN[version]}/${path}`), 'document'), 'tracking'), 'current_release_date'), date)
  })

  test(`requirement 14 ${of}: folders are listed by the server, as plain links`, async () => {
    const links = async (path: string) => [...(await body(path)).matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href)
    assert.ok((await links('/csaf')).includes(`/csaf/v${version}/`))
    assert.ok((await links(`/csaf/v${version}`)).includes(`/${OPEN[version]}/`))
    assert.ok((await links(`/${OPEN[version]}`)).includes(`/${OPEN[version]}/2026/`))
    const year = await links(`/${OPEN[version]}/2026`)
    for (const { path } of open)
      for (const ending of ['', '.sha256', '.sha512', '.asc']) assert.ok(year.includes(`/${OPEN[version]}/${path}${ending}`))
    for (const link of year) assert.equal((await get(link)).statusCode, 200, link)
    assert.doesNotMatch(await body(`/${OPEN[version]}`), /<script/)
  })

  test(`requirement 15 ${of}: one ROLIE feed for each label holds all of its documents, with hashes and signatures`, async () => {
    const feed = recordAt(await json(feedPath), 'feed')
    assert.deepEqual(listAt(feed, 'category'), [{ scheme: 'urn:ietf:params:rolie:category:information-type', term: 'csaf' }])
    const entries = listAt(feed, 'entry')
    assert.deepEqual(entries.map(entry => lineAt(entry, 'id')).toSorted(), open.map(({ id }) => id).toSorted())
    for (const entry of entries) {
      const address = lineAt(recordAt(entry, 'content'), 'src') ?? ''
      assert.deepEqual(
        listAt(entry, 'link').map(link => [lineAt(link, 'rel'), lineAt(link, 'href')]),
        [
          ['self', address],
          ['hash', `${address}.sha256`],
          ['hash', `${address}.sha512`],
          ['signature', `${address}.asc`],
        ],
      )
      assert.equal(lineAt(recordAt(entry, 'format'), 'version'), version)
      assert.equal((await get(address.slice(BASE.length))).statusCode, 200)
    }
  })

  test(`requirement 16 ${of}: service.json lists the feeds, beside the metadata`, async () => {
    const [workspace] = listAt(recordAt(await json(metadataPath.replace('provider-metadata', 'service')), 'service'), 'workspace')
    assert.deepEqual(
      listAt(workspace, 'collection').map(collection => lineAt(collection, 'href')),
      [`${BASE}/${feedPath}`],
    )
  })

  test(`requirement 17 ${of}: a category document says by what documents are told apart`, async () => {
    const terms = listAt(recordAt(await json(feedPath.replace('feed-', 'category-')), 'categories'), 'category').map(category =>
      lineAt(category, 'term'),
    )
    for (const term of ['Healthcare', 'en-GB', 'Larch Records']) assert.ok(terms.includes(term), term)
  })

  test(`requirement 18 ${of}: each document has hash files that begin with the hash`, async () => {
    for (const { path } of open) {
      const text = await body(`${OPEN[version]}/${path}`)
      for (const algorithm of ['sha256', 'sha512'])
        assert.equal(
          await body(`${OPEN[version]}/${path}.${algorithm}`),
          `${createHash(algorithm).update(text).digest('hex')}  ${path.split('/')[1] ?? ''}\n`,
        )
      assert.equal((await get(`${OPEN[version]}/${path}.md5`)).statusCode, 404)
    }
  })

  test(`requirement 19 ${of}: each document has an armoured detached signature by the key that the metadata names`, async () => {
    const key = await publishedKey(metadataPath)
    for (const { path } of open) {
      const { signatures } = await verify({
        message: await createMessage({ binary: Buffer.from(await body(`${OPEN[version]}/${path}`)) }),
        signature: await readSignature({ armoredSignature: await body(`${OPEN[version]}/${path}.asc`) }),
        verificationKeys: key,
        date: platform.clock.now(),
      })
      assert.equal(await signatures[0]?.verified, true)
    }
  })

  test(`requirement 20 ${of}: the public key is there, armoured, of version 4`, async () => {
    const key = await publishedKey(metadataPath)
    assert.equal(key.keyPacket.version, 4)
    assert.equal(key.isPrivate(), false)
  })

  test(`requirement 24 ${of}: whatever program asks is answered`, async () => {
    for (const agent of ['', 'curl/8', 'python-requests/2', 'EvilBot/1.0'])
      assert.equal((await get(metadataPath, { 'user-agent': agent })).statusCode, 200, agent)
  })

  test(`requirement 25 ${of}: programs in browsers may read what is public, and nothing else`, async () => {
    for (const path of [metadataPath, feedPath, `${OPEN[version]}/${clear.path}`, `${OPEN[version]}/${clear.path}.asc`])
      assert.equal((await get(path)).headers['access-control-allow-origin'], '*', path)
    const own = await (await member(amber)).get(`/csaf/members/v${version}/provider-metadata.json`)
    assert.deepEqual([own.statusCode, own.headers['access-control-allow-origin']], [200, undefined])
    const absent = await get(`${OPEN[version]}/2026/cc-1.json`)
    assert.deepEqual([absent.statusCode, absent.headers['access-control-allow-origin']], [404, '*'], 'that there is nothing can be read too')
  })

  test(`requirement 25 ${of}: a program in a browser learns the tag of a file and may ask by it`, async () => {
    const path = `/${OPEN[version]}/${clear.path}`
    assert.match(String((await get(path)).headers['access-control-expose-headers']), /\betag\b/)
    const ask = (url: string) =>
      app.server.inject({
        method: 'OPTIONS',
        url,
        headers: { origin: 'https://tool.example', 'access-control-request-method': 'GET', 'access-control-request-headers': 'if-none-match' },
      })
    for (const one of [path, metadataPath, `/${OPEN[version]}`, '/.well-known/security.txt']) {
      const { statusCode, headers } = await ask(one)
      assert.deepEqual(
        [statusCode, headers['access-control-allow-origin'], headers['access-control-allow-headers'], headers['access-control-allow-methods']],
        [204, '*', '*', 'GET, HEAD'],
        one,
      )
    }
    const { headers } = await ask(`/csaf/members/v${version}/green/${green.path}`)
    assert.equal(headers['access-control-allow-origin'], undefined)
  })

  test(`a document ${of} that is held already is not sent again`, async () => {
    const first = await get(`${OPEN[version]}/${clear.path}`)
    assert.equal(first.headers['cache-control'], 'public, no-cache')
    const again = await get(`${OPEN[version]}/${clear.path}`, { 'if-none-match': String(first.headers['etag']) })
    assert.deepEqual([again.statusCode, again.body], [304, ''])
  })
}

async function publishedKey(metadataPath: string) {
  const [named] = listAt(await json(metadataPath), 'public_openpgp_keys')
  const key = await readKey({ armoredKey: await body((lineAt(named, 'url') ?? '').slice(BASE.length)) })
  assert.equal(key.getFingerprint().toUpperCase(), lineAt(named, 'fingerprint'))
  return key
}

test('requirement 8: security.txt names the metadata, the well-known address first, and runs out', async () => {
  const text = await body('/.well-known/security.txt')
  const fields = text
    .trim()
    .split('\n')
    .map(line => line.split(/: (.*)/).slice(0, 2) as [string, string])
  assert.deepEqual(
    fields.filter(([name]) => name === 'CSAF').map(([, value]) => value),
    ['', 'v2.0/', 'v2.1/'].map(folder => `${BASE}/.well-known/csaf/${folder}provider-metadata.json`),
  )
  const field = (wanted: string) => fields.find(([name]) => name === wanted)?.[1] ?? ''
  assert.equal(field('Contact'), 'mailto:csaf@centre.example')
  const days = (Date.parse(field('Expires')) - platform.clock.now().getTime()) / 86_400_000
  assert.ok(days > 80 && days < 365, `it runs out in ${days} days`)
})

test('requirement 9: the well-known address serves the metadata of CSAF 2.0 itself, until the day that was announced', async () => {
  const response = await get('/.well-known/csaf/provider-metadata.json')
  assert.deepEqual([response.statusCode, response.body], [200, await body('/.well-known/csaf/v2.0/provider-metadata.json')])
})

test('requirement 10: at csaf.data.security.… the metadata stands at the root and at its own address, directly, and at no other name', async () => {
  const metadata = await body('/.well-known/csaf/provider-metadata.json')
  for (const host of ['csaf.data.security.centre.example', 'CSAF.data.security.centre.example:8443'])
    for (const path of ['/', '/.well-known/csaf/provider-metadata.json']) {
      const response = await get(path, { host })
      assert.deepEqual([response.statusCode, response.headers['location'], response.body], [200, undefined, metadata], `${host}${path}`)
    }
  assert.notEqual((await get('/', { host: 'centre.example' })).body, metadata)
})
