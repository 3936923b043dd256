import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Large invented lists, written to a file as a publisher would give them. */
export type ListKind = 'stix' | 'nvd'

const OBJECT_BYTES = 5_000
const AT = '2025-01-01T00:00:00.000'

/** Writes such a list of about that size. */
export async function writeList(kind: ListKind, path: string, megabytes: number): Promise<void> {
  await pipeline(Readable.from(piecesOf(kind, megabytes)), createWriteStream(path))
}

function* piecesOf(kind: ListKind, megabytes: number): Generator<string> {
  const count = Math.ceil((megabytes * 1e6) / OBJECT_BYTES)
  yield kind === 'stix'
    ? '{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000000","objects":['
    : `{"resultsPerPage":${count},"startIndex":0,"totalResults":${count},"format":"NVD_CVE","version":"2.0","timestamp":"${AT}","vulnerabilities":[`
  for (let number = 1; number <= count; number += 1) {
    const object = kind === 'stix' ? indicator(number) : vulnerability(number)
    yield `${number === 1 ? '' : ','}\n${JSON.stringify(object)}`
  }
  yield ']}'
}

function words(number: number, bytes: number): string {
  return `Invented words of number ${number}. `.repeat(Math.ceil(bytes / 30)).slice(0, bytes)
}

function indicator(number: number): object {
  return {
    type: 'indicator',
    spec_version: '2.1',
    id: `indicator--00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    created: `${AT}Z`,
    modified: `${AT}Z`,
    valid_from: `${AT}Z`,
    name: `Invented address ${number}`,
    description: words(number, OBJECT_BYTES - 420),
    pattern: `[domain-name:value = 'n${number}.invented.example']`,
    pattern_type: 'stix',
    object_marking_refs: ['marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9'],
  }
}

function vulnerability(number: number): object {
  return {
    cve: {
      id: `CVE-${1900 + (number % 90)}-${10_000 + number}`,
      sourceIdentifier: 'cna@invented.example',
      published: AT,
      lastModified: AT,
      vulnStatus: 'Analyzed',
      descriptions: [{ lang: 'en', value: words(number, OBJECT_BYTES - 900) }],
      metrics: {
        cvssMetricV31: [
          {
            source: 'nvd@invented.example',
            type: 'Primary',
            cvssData: { version: '3.1', vectorString: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', baseScore: 9.8, baseSeverity: 'CRITICAL' },
          },
        ],
      },
      configurations: [
        {
          nodes: [
            { operator: 'OR', negate: false, cpeMatch: [{ vulnerable: true, criteria: `cpe:2.3:a:invented:thing_${number % 500}:*:*:*:*:*:*:*:*` }] },
          ],
        },
      ],
      references: [{ url: `https://invented.example/${number}`, source: 'cna@invented.example' }],
    },
  }
}
