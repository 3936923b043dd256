import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AudienceRule, ruleSentence } from './model.ts'

const names = {
  types: new Map([
    ['practice', 'GP practices'],
    ['pharmacy', 'Pharmacies'],
    ['trust', 'Trusts'],
    ['welsh-trust', 'Trusts of NHS Wales'],
  ]),
  organisations: new Map([
    ['Y56', 'London'],
    ['Y61', 'East'],
    ['QMF', 'North East board'],
    ['R1', 'Ash Trust'],
    ['R2', 'Elm Trust'],
  ]),
}
const emis = { maker: null, product: 'EMIS Web', version: null }
const windows = { maker: 'Microsoft', product: 'Windows', version: '10' }
const type = (...of: string[]) => ({ is: 'type', of })
const never = (over: object) => ({ excluding: { types: [], regions: [], boards: [], organisations: [], ...over } })

const SENTENCES: readonly (readonly [object, string])[] = [
  [{}, 'Nobody: the rule names no type, region, board, technology or organisation.'],
  [{ countries: ['England'] }, 'Nobody: the rule names no type, region, board, technology or organisation.'],
  [{ types: ['pharmacy'] }, 'Open pharmacies.'],
  [{ types: ['pharmacy'], technology: [emis] }, 'Open pharmacies that run EMIS Web.'],
  [{ types: ['practice', 'pharmacy', 'trust'] }, 'Open GP practices, pharmacies or trusts.'],
  [{ types: ['welsh-trust'] }, 'Open trusts of NHS Wales.'],
  [{ types: ['barge'] }, 'Open barge.'],
  [{ technology: [emis] }, 'Open organisations of every type that run EMIS Web.'],
  [{ regions: ['Y56'] }, 'Open organisations of every type in London (Y56).'],
  [{ regions: ['Y99'], types: ['trust'] }, 'Open trusts in region Y99.'],
  [{ boards: ['Q99'], types: ['trust'] }, 'Open trusts in board Q99.'],
  [{ types: ['practice'], regions: ['Y56', 'Y61'], technology: [emis] }, 'Open GP practices in London (Y56) or East (Y61) that run EMIS Web.'],
  [
    { types: ['practice'], countries: ['England'], regions: ['Y56', 'Y61'], boards: ['QMF'], technology: [emis] },
    'Open GP practices in England, in London (Y56) or East (Y61), and in North East board (QMF), that run EMIS Web.',
  ],
  [{ types: ['pharmacy'], technology: [emis, windows] }, 'Open pharmacies that run EMIS Web or Microsoft Windows 10 (or did not say which version).'],
  [{ technology: [{ maker: 'EMIS', product: 'EMIS Web', version: null }] }, 'Open organisations of every type that run EMIS Web.'],
  [{ organisations: ['R1'] }, 'By name, where open: Ash Trust (R1).'],
  [{ organisations: ['R1', 'R2', 'R9'] }, 'By name, where open: Ash Trust (R1), Elm Trust (R2) and R9.'],
  [{ types: ['pharmacy'], organisations: ['R1'] }, 'Open pharmacies, and by name Ash Trust (R1).'],
  [
    {
      types: ['pharmacy'],
      technology: [emis],
      organisations: ['R1'],
      ...never({ types: ['trust'], regions: ['Y56'], boards: ['Q99'], organisations: ['R2'] }),
    },
    'Open pharmacies that run EMIS Web, and by name Ash Trust (R1). Never trusts, anyone in London (Y56), anyone in board Q99 or Elm Trust (R2).',
  ],
  [
    {
      match: {
        is: 'all',
        of: [type('trust'), { is: 'not', of: type('practice', 'pharmacy') }, { is: 'not', of: { is: 'technology', product: 'Vision' } }],
      },
    },
    'Open organisations that are trusts and are not GP practices or pharmacies and do not run Vision.',
  ],
  [
    {
      match: {
        is: 'all',
        of: [
          type('trust'),
          {
            is: 'not',
            of: {
              is: 'any',
              of: [
                { is: 'region', of: ['Y56'] },
                { is: 'size', atMost: 5 },
              ],
            },
          },
        ],
      },
    },
    'Open organisations that are trusts and are not among those that (are in London (Y56) or have at most 5 staff).',
  ],
  [
    { match: { is: 'all', of: [type('trust'), { is: 'not', of: { is: 'role', role: 'cyber-lead', filled: false } }] } },
    'Open organisations that are trusts and are not among those that have no cyber or IT lead.',
  ],
  [
    {
      match: {
        is: 'any',
        of: [
          { is: 'answer', bulletin: 5001, of: ['in-progress', 'silent'] },
          { is: 'answer', bulletin: 5002, of: ['unreachable'] },
        ],
      },
    },
    'Open organisations that (answered “In progress” to CC-5001 or have not answered CC-5001) or could not be reached with CC-5002.',
  ],
  [{ organisations: Array.from({ length: 1_012 }, (_, index) => `T${index}`) }, 'By name, where open: T0, T1, T2, T3, T4, T5, T6 and 1,005 more.'],
]

for (const [rule, sentence] of SENTENCES) {
  test(`a rule reads: ${sentence}`, () => assert.equal(ruleSentence(AudienceRule.parse(rule), names), sentence))
}
