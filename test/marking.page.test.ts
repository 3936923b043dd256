import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { permissionsOf, ROUTES } from '../src/app/modules.ts'
import { payloadOf, type MessageType, type Telling } from '../src/domains/broadcast/webhooks/model.ts'
import { personActor } from '../src/domains/directory/contract.ts'
import { TLP, tlpRank } from '../src/kernel/tlp.ts'
import { runCommand } from './support/command.ts'
import {
  SEED,
  platform,
  CODES,
  CASES,
  sink,
  certificate,
  app,
  released,
  leads,
  partner,
  region,
  centre,
  readers,
  isForAll,
  isUpTo,
  threats,
  threatWords,
  type Planned,
  type Reader,
} from './support/marking.ts'

interface Exit {
  readonly name: string
  /** Every address that a reader could ask. */
  readonly addresses: readonly string[]
  readonly by: 'browser' | 'program'
  /** What a reader may find there besides what is for all; bulletins that they may read where they sign in are asked about. */
  may(bulletin: Planned): boolean
  /** Whether what is for all is there too. */
  readonly holdsPublic: boolean
  readonly accept?: string
}

const everyBulletin = (address: (number: string) => readonly string[]) =>
  [...new Set(released.map(({ number }) => number))].flatMap(number => address(`CC-${number}`))
const rows = async (query: string, values: unknown[] = []) => (await platform.database.pool.query<Record<string, string>>(query, values)).rows
const collections = await rows('select id from interop_taxii_collection')
const alerts = await rows('select identifier from interop_cap_alert')
const publicFiles = await rows('select path from interop_csaf_file')
const documents = await rows(`select csaf, folder, path from interop_csaf_document`)
/** Each tree, each of its folders with the lists that a reader of the standard expects there, and each document in both trees. */
const csafAddresses = [
  ...publicFiles.map(({ path }) => `/${path}`),
  ...['/csaf', '/csaf/members'].flatMap(tree => [
    tree,
    ...[...new Set(documents.map(({ csaf, folder }) => `${tree}/v${csaf}/${folder}`))].flatMap(folder => [
      folder,
      ...['index.txt', 'changes.csv', `csaf-feed-tlp-${folder.split('/').at(-1)}.json`].map(file => `${folder}/${file}`),
    ]),
    ...documents.map(({ csaf, folder, path }) => `${tree}/v${csaf}/${folder}/${path}`),
  ]),
]

/** Whatever can be asked for by an address that holds nothing, or the number of a bulletin. A stream of events has no end to wait for. */
const paths = ROUTES.filter(({ method, path }) => method === 'GET' && !/\/(?:events|live)$/.test(path)).map(({ path }) => path)
const isOfApi = (path: string) => path.startsWith('/api/')
const withoutNames = paths.filter(path => !path.includes(':'))
const ofBulletins = paths.filter(path => path.includes('/:number') && path.split(':').length === 2)
const everyPath = (isAsked: (path: string) => boolean) => [
  ...withoutNames.filter(isAsked),
  ...everyBulletin(number => ofBulletins.filter(isAsked).map(path => path.replace(':number', number))),
]

const EXITS: readonly Exit[] = [
  { name: 'every page that there is', by: 'browser', addresses: everyPath(path => !isOfApi(path)), may: () => true, holdsPublic: true },
  { name: 'every operation that there is', by: 'program', addresses: everyPath(isOfApi), may: () => true, holdsPublic: true },
  {
    name: 'pages',
    by: 'browser',
    addresses: [
      '/bulletins',
      '/search?q=flaw',
      ...everyBulletin(number => [
        `/bulletins/${number}`,
        ...['technical', 'board', 'call'].map(kind => `/bulletins/${number}/renditions/${kind}`),
        `/bulletins/${number}/versions/1`,
      ]),
    ],
    may: () => true,
    holdsPublic: true,
  },
  {
    name: 'public pages',
    by: 'browser',
    addresses: [
      '/public',
      '/public?q=flaw',
      '/public.csv',
      '/safe-to-use',
      ...everyBulletin(number => [`/public/${number}`, `/public/${number}/print`]),
    ],
    may: () => false,
    holdsPublic: true,
  },
  {
    name: 'the JSON API',
    by: 'program',
    addresses: [
      '/api/v1/bulletins?limit=100',
      '/api/v1/responses?limit=100',
      ...everyBulletin(number => [`/api/v1/bulletins/${number}`, `/api/v1/bulletins/${number}/versions/1`]),
    ],
    may: () => true,
    holdsPublic: true,
  },
  {
    name: 'files of one bulletin',
    by: 'program',
    addresses: everyBulletin(number => [`/bulletins/${number}/stix.json`, `/bulletins/${number}/misp.json`]),
    may: bulletin => isUpTo(bulletin, 'AMBER+STRICT') && !bulletin.isExercise,
    holdsPublic: true,
  },
  {
    name: 'files of one bulletin, by session',
    by: 'browser',
    addresses: everyBulletin(number => [`/bulletins/${number}/stix.json`, `/bulletins/${number}/misp.json`]),
    may: bulletin => isUpTo(bulletin, 'AMBER+STRICT') && !bulletin.isExercise,
    holdsPublic: true,
  },
  {
    name: 'public feeds',
    by: 'browser',
    addresses: ['/feeds/bulletins.atom', '/feeds/bulletins.rss', '/feeds/bulletins/archive/1.atom', '/feeds/bulletins/archive/1.rss'],
    may: () => false,
    holdsPublic: true,
  },
  {
    name: 'TAXII',
    by: 'program',
    addresses: collections.flatMap(({ id }) => [
      `/taxii2/sector/collections/${id}/objects/?limit=1000`,
      `/taxii2/sector/collections/${id}/objects/?limit=1000&match[version]=all`,
      `/taxii2/sector/collections/${id}/manifest/`,
    ]),
    accept: 'application/taxii+json;version=2.1',
    may: bulletin => isUpTo(bulletin, 'AMBER+STRICT') && !bulletin.isExercise,
    holdsPublic: true,
  },
  {
    name: 'CSAF',
    by: 'program',
    addresses: csafAddresses,
    may: bulletin => isUpTo(bulletin, 'AMBER+STRICT') && !bulletin.isExercise,
    holdsPublic: true,
  },
  {
    name: 'CAP',
    by: 'program',
    addresses: ['/cap', ...alerts.flatMap(({ identifier }) => [`/cap/${identifier}.xml`, `/cap/${identifier?.replace(/-\d+$/, '')}.xml`])],
    may: bulletin => isUpTo(bulletin, 'AMBER+STRICT'),
    holdsPublic: true,
  },
]

/** The bulletins whose words stand in what came back. */
function wordsIn(text: string): readonly Planned[] {
  const found = new Set([...text.matchAll(/canary\d+word/g)].map(([word]) => word))
  return released.filter(({ word }) => found.has(word))
}

/** The words of gathered threats that came back. */
const secretsIn = (text: string) => new Set([...text.matchAll(/secret\d+[a-z]+?word/g)].map(([word]) => word))

const describe = ({ number, tlp, group, isExercise, isWithdrawn, recipients }: Planned) =>
  `CC-${number} TLP:${tlp}, group ${group ?? 'none'}${isExercise ? ', an exercise' : ''}${isWithdrawn ? ', withdrawn' : ''}, sent to ${recipients.join(' ')}`

const leaks: { readonly word: string; readonly words: string }[] = []
let asked = 0

/** What comes back from an address, asked from a network address of its own, so that no limit answers in its place. */
async function ask(reader: Reader, exit: Exit, url: string): Promise<string> {
  asked += 1
  const remoteAddress = `10.${(asked >> 16) & 255}.${(asked >> 8) & 255}.${asked & 255}`
  const proof = exit.by === 'program' ? reader.asProgram : reader.asBrowser
  const { statusCode, body } = await app.server.inject({
    method: 'GET',
    url,
    remoteAddress,
    headers: { ...proof, ...(exit.accept === undefined ? {} : { accept: exit.accept }) },
  })
  assert.ok(statusCode < 500 && statusCode !== 429, `${reader.name} ${url}: ${statusCode} ${body}`)
  return body
}

for (const exit of EXITS) {
  const skip = exit.name === 'CAP' && certificate === null ? 'openssl is not here, so no alert is signed' : false
  test(`by ${exit.name} nobody finds what is above their clearance or outside their group (MARKING_SEED=${SEED})`, { skip }, async () => {
    const [told, before] = [new Set<Planned>(), leaks.length]
    for (const reader of readers) {
      // There are thousands of those: who may read a bulletin has nothing to find at its pages.
      const isAsked = (address: string) =>
        !exit.name.startsWith('every') ||
        released.some(bulletin => (!address.includes('CC-') || address.includes(`CC-${bulletin.number}`)) && !reader.mayRead(bulletin))
      for (const address of exit.addresses.filter(isAsked)) {
        const body = await ask(reader, exit, address)
        if (reader !== centre) for (const word of secretsIn(body)) leaks.push({ word, words: `${reader.name} finds ${word} at ${address}` })
        for (const bulletin of wordsIn(body)) {
          const isAllowed = (exit.holdsPublic && isForAll(bulletin)) || (reader.mayRead(bulletin) && exit.may(bulletin))
          if (!isAllowed) leaks.push({ word: bulletin.word, words: `${reader.name} finds ${describe(bulletin)} at ${address}` })
          told.add(bulletin)
        }
      }
    }
    assert.deepEqual(leaks.slice(before), [])
    assert.ok(
      told.size > 0 || released.every(bulletin => !isForAll(bulletin) && !exit.may(bulletin)),
      `nothing at all came by ${exit.name}: it was not asked rightly`,
    )
  })
}

test(`by mail each is written to of its own bulletins alone, and above GREEN gets a notice (MARKING_SEED=${SEED})`, () => {
  assert.ok(sink.messages.length > 0)
  for (const { to, bytes } of sink.messages) {
    const code = CODES.find(known => to === `cyber@${known.toLowerCase()}.example`)
    for (const bulletin of wordsIn(bytes.toString('latin1').replace(/=\r\n/g, '')))
      assert.ok(code !== undefined && bulletin.recipients.includes(code) && isUpTo(bulletin, 'GREEN'), `${to} is sent ${describe(bulletin)}`)
  }
})

test(`a webhook tells each of what they may read, and above CLEAR nothing but that it is there (MARKING_SEED=${SEED})`, async () => {
  const told = await platform.database.pool.query<{ code: string; number: number; type: MessageType; facts: Telling['facts'] }>(
    `select organisation.code, bulletin.number, announcement.type, announcement.facts from broadcast_webhook_message message
      join broadcast_webhook webhook on webhook.id = message.webhook_id
      join directory_organisation organisation on organisation.id = webhook.organisation_id
      join broadcast_announcement announcement on announcement.id = message.announcement_id
      join broadcast_bulletin bulletin on bulletin.id = announcement.bulletin_id`,
  )
  assert.ok(told.rows.length > released.length)
  const ofCode = new Map<string, Reader>([...leads.map(lead => [lead.name, lead] as const), ['SU', partner], ['YN', region], ['CC', centre]])
  for (const { code, number, type, facts } of told.rows) {
    const reader = ofCode.get(code) ?? assert.fail(code)
    const versions = released.filter(bulletin => bulletin.number === number)
    assert.ok(
      versions.some(bulletin => reader.mayRead(bulletin)),
      `${reader.name} is told ${type} of CC-${number}`,
    )
    const body = JSON.stringify(payloadOf({ type, at: platform.clock.now(), facts }, `https://centre.example/bulletins/CC-${number}`))
    for (const bulletin of wordsIn(body))
      assert.ok(bulletin.tlp === 'CLEAR' && reader.mayRead(bulletin), `${reader.name} is told ${describe(bulletin)}: ${body}`)
  }
})

test(`in a feed with a token each organisation finds its own up to GREEN (MARKING_SEED=${SEED})`, async () => {
  for (const lead of leads) {
    const made = await lead.person.post('/feed-addresses/add', { name: 'A reader', days: '90' }, { from: '/feed-addresses/add' })
    const address = /\/feeds\/organisations\/[\w-]{43}\/bulletins/.exec(made.body)?.[0] ?? assert.fail(made.body)
    for (const format of ['atom', 'rss']) {
      const answer = await app.visitor.get(`${address}.${format}`)
      assert.equal(answer.statusCode, 200)
      for (const bulletin of wordsIn(answer.body))
        assert.ok(lead.mayRead(bulletin) && isUpTo(bulletin, 'GREEN') && !bulletin.isExercise, `${lead.name} finds ${describe(bulletin)} in a feed`)
    }
  }
})

test(`what a person takes away holds what they may read, and nothing else (MARKING_SEED=${SEED})`, async () => {
  const place = await mkdtemp(join(tmpdir(), 'carecert-marking-'))
  after(() => rm(place, { recursive: true }))
  for (const reader of [...leads, partner, region]) {
    const folder = join(place, reader.name.replaceAll(' ', '-'))
    await runCommand(platform, await personActor(platform, reader.email, permissionsOf), 'export all', [folder])
    for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue
      const text = await readFile(join(file.parentPath, file.name), 'utf8')
      assert.deepEqual([...secretsIn(text)], [], `${reader.name} takes away of a threat in ${file.name}`)
      for (const bulletin of wordsIn(text))
        assert.ok(isForAll(bulletin) || reader.mayRead(bulletin), `${reader.name} takes away ${describe(bulletin)} in ${file.name}`)
    }
  }
})

test(`what was gathered is the centre's alone, and in no file is anything RED, or narrower than an event says of itself (MARKING_SEED=${SEED})`, async () => {
  const told = new Set<string>()
  for (const reader of readers)
    for (const by of ['browser', 'program'] as const)
      for (const { id } of threats)
        for (const part of ['', '/stix.json', '/misp.json']) {
          const body = await ask(reader, { name: '', addresses: [], by, may: () => false, holdsPublic: false }, `/threats/${id}${part}`)
          const label = TLP.findLast(tlp => part === '/misp.json' && body.includes(`"tlp:${tlp.toLowerCase()}"`)) ?? 'AMBER+STRICT'
          for (const word of secretsIn(body)) {
            assert.equal(reader, centre, `${reader.name} finds ${word}`)
            if (part === '') continue
            const own = threatWords.get(word) ?? assert.fail(word)
            assert.ok(tlpRank(own) <= tlpRank(label), `${word}, which is TLP:${own}, stands in ${part} of ${id} under TLP:${label}`)
            told.add(word)
          }
        }
  assert.ok(told.size > 0 || threats.every(({ tlp }) => tlp === 'RED'), 'no word of any threat was found: nothing was asked rightly')
})

for (const [index, name] of Object.keys(CASES).entries()) {
  test(`known of others: ${name}`, () => {
    const word = `canary${index}word`
    assert.deepEqual(
      leaks.filter(leak => leak.word === word),
      [],
    )
    const [one] = released.filter(bulletin => bulletin.word === word)
    assert.equal(one === undefined, Object.values(CASES)[index]?.group === 2, 'it was released, unless there was nobody to reach')
  })
}

test('the frozen audience is who was named, less those outside the group', async () => {
  for (const { number, recipients } of released) {
    const sent = await rows(
      `select organisation.code from broadcast_recipient recipient join broadcast_bulletin bulletin on bulletin.id = recipient.bulletin_id
        join directory_organisation organisation on organisation.id = recipient.organisation_id where bulletin.number = $1`,
      [number],
    )
    assert.ok(sent.length > 0 && sent.every(({ code }) => recipients.some(known => known === code)), `CC-${number}`)
  }
})
