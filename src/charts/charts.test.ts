import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inlineBar } from './bar.ts'
import { ticksUpTo } from './chart.ts'
import { hexMap } from './hex-map.ts'
import { horizontalBars } from './horizontal-bars.ts'
import { lineChart } from './line-chart.ts'
import { PAINTS } from './palette.ts'
import { percent, shareCurves } from './share-curves.ts'
import { sparkline } from './sparkline.ts'
import { stackedBars } from './stacked-bars.ts'
import { escapeXml } from './svg.ts'

const EVIL = '"><script>alert(1)</script>\u0007&'
const parts = [
  { label: `Done ${EVIL}`, tone: 'done' },
  { label: 'Silent', tone: 'silent' },
] as const

const bars = stackedBars({
  title: EVIL,
  groupLabel: EVIL,
  parts,
  scale: 'share',
  groups: [
    { label: EVIL, counts: [30, 10] },
    { label: 'None', counts: [0, 0] },
  ],
})
const line = lineChart({
  title: EVIL,
  xLabel: EVIL,
  yLabel: EVIL,
  x: [0, 1, 2, 3].map(value => ({ value, label: `${value}${EVIL}` })),
  series: [
    { label: EVIL, values: [0, 10, null, 40] },
    { label: 'Never', values: [null, null, null, null] },
  ],
})
const amounts = horizontalBars({
  title: EVIL,
  itemLabel: EVIL,
  valueLabel: EVIL,
  items: [
    { label: EVIL, value: 1200 },
    { label: 'x', value: null },
  ],
})
const spark = sparkline({
  title: EVIL,
  valueLabel: EVIL,
  points: [
    { label: EVIL, value: 3 },
    { label: 'b', value: null },
    { label: 'c', value: 0 },
  ],
})

const shares = shareCurves({
  title: EVIL,
  xLabel: EVIL,
  yLabel: EVIL,
  marks: [
    { value: 0, label: '0' },
    { value: 24, label: EVIL },
    { value: 48, label: '2 days' },
  ],
  series: [
    {
      label: EVIL,
      points: [
        { x: 6, share: 0.25, low: 0.2, high: 0.31 },
        { x: 30, share: 0.5, low: 0.44, high: 0.57 },
      ],
    },
    { label: 'Nobody', points: [] },
  ],
})
const map = hexMap({
  title: EVIL,
  shareLabel: EVIL,
  itemLabel: EVIL,
  cells: [
    { q: 0, r: 0, short: EVIL, label: EVIL, share: 0.5, words: '5 of 10 answered', href: '/a?b=1&c=2' },
    { q: 1, r: 0, short: 'QB', label: 'B', share: null, words: 'nobody in the audience' },
    { q: 0, r: 1, short: 'QC', label: 'C', share: 1, words: '3 of 3 answered', href: '/c' },
  ],
})

test('every chart escapes what it is given, has a title and a description, and no style', () => {
  for (const { svg } of [bars, line, amounts, spark, shares, map]) {
    assert.doesNotMatch(svg, /<script|\sstyle=|<style|NaN|Infinity|undefined/)
    assert.ok(!svg.includes('\u0007'))
    assert.match(svg, /^<svg [^>]*role="img"[^>]*><title>[^<]+<\/title><desc>[^<]+<\/desc>/)
    assertBalanced(svg)
  }
})

test('the table beside a chart has every figure, and says what is not known', () => {
  assert.deepEqual(bars.table.rows, [
    [EVIL, 30, 10, 40],
    ['None', 0, 0, 0],
  ])
  assert.deepEqual(line.table.rows[2], [`2${EVIL}`, 'Not known', 'Not known'])
  assert.deepEqual(amounts.table.rows, [
    [EVIL, 1200],
    ['x', 'Not known'],
  ])
})

test('what is not known leaves a gap in a line, and is not drawn as zero', () => {
  const [path] = [...line.svg.matchAll(/<path d="([^"]*)" fill="none" stroke="#005eb8"/g)].map(match => match[1] ?? '')
  assert.equal(path?.match(/M/g)?.length, 2)
})

test('a line of answers is a stair, for answers come whole', () => {
  const straight = lineChart({
    title: 't',
    xLabel: 'x',
    yLabel: 'y',
    shape: 'straight',
    x: [
      { value: 0, label: '0' },
      { value: 1, label: '1' },
    ],
    series: [{ label: 's', values: [0, 5] }],
  })
  assert.match(line.svg, /d="M[\d. ]+H[\d.]+V[\d.]+/)
  assert.match(straight.svg, /d="M[\d. ]+L/)
})

test('the stacked parts of a bar fill it in proportion', () => {
  const widths = [...bars.svg.matchAll(/<rect x="[\d.]+" y="34" width="([\d.]+)" height="24" fill="#/g)].map(match => Number(match[1]))
  assert.equal(widths.length, 2)
  assert.equal(widths[0], 3 * (widths[1] ?? 0))
})

test('nothing to draw is said in words', () => {
  assert.match(stackedBars({ title: 't', groupLabel: 'g', parts, scale: 'count', groups: [] }).svg, /No figures yet/)
  assert.match(lineChart({ title: 't', xLabel: 'x', yLabel: 'y', x: [], series: [] }).svg, /No figures yet/)
  assert.match(horizontalBars({ title: 't', itemLabel: 'i', valueLabel: 'v', items: [] }).svg, /No figures yet/)
  assert.match(sparkline({ title: 't', valueLabel: 'v', points: [] }).svg, /No figures yet/)
})

test('ticks are round, whole and reach the largest value', () => {
  assert.deepEqual(ticksUpTo(662), [0, 200, 400, 600, 800])
  assert.deepEqual(ticksUpTo(3), [0, 1, 2, 3])
  assert.deepEqual(ticksUpTo(0), [0, 1])
})

test('the bar in a page says its figures in words and leaves empty parts out, unless they are live', () => {
  const svg = inlineBar([
    { label: EVIL, count: 1, tone: 'done' },
    { label: 'Seen', count: 0, tone: 'seen' },
    { label: 'Silent', count: 3, tone: 'silent', name: 'silent' },
  ])
  assert.doesNotMatch(svg, /<script|part--seen/)
  assert.match(svg, /Seen: 0, Silent: 3"/)
  assert.match(svg, /data-part="silent" data-label="Silent" x="25%" width="75%"/)
  assert.match(inlineBar([{ label: 'Silent', count: 0, tone: 'silent', name: 'silent' }]), /width="0%"/)
})

test('a curve of shares is a stair that ends where the marks end, with its interval lightly behind it', () => {
  const [band] = [...shares.svg.matchAll(/<path d="(M[^"]*Z)" fill="#005eb8" fill-opacity="0.12"/g)].map(([, path]) => path)
  assert.ok(band !== undefined)
  const [line] = [...shares.svg.matchAll(/<path d="([^"]*)" fill="none" stroke="#005eb8" stroke-width="3"/g)].map(([, path]) => path ?? '')
  const end = /H([\d.]+)$/.exec(line ?? '')?.[1]
  assert.equal(line?.match(/V/g)?.length, 2, 'one rise a point')
  assert.ok(band.includes(`H${end}`), 'the band ends where the line does')
  assert.deepEqual(shares.table.rows, [
    ['0', '0%', '0%'],
    [EVIL, '25% (20% to 31%)', '0%'],
    ['2 days', '50% (44% to 57%)', '0%'],
  ])
  assert.match(shareCurves({ title: 't', xLabel: 'x', yLabel: 'y', marks: [], series: [] }).svg, /No figures yet/)
  assert.deepEqual([0, 0.004, 0.5, 0.996, 1].map(percent), ['0%', '< 1%', '50%', '> 99%', '100%'])
})

test('each hexagon has its share in words, and in a page is a link of that name; nobody is not nothing', () => {
  assert.equal(map.svg.match(/M[\d. -]+(?:L[\d. -]+){5}Z/g)?.length, 4, 'three hexagons, one of them hatched')
  assert.doesNotMatch(map.svg, /<a /)
  assert.deepEqual(
    [...map.linked.matchAll(/<a href="([^"]*)" aria-label="([^"]*)"/g)].map(([, href]) => href),
    ['/a?b=1&amp;c=2', '/c'],
  )
  assert.match(map.linked, /role="group"/)
  assert.doesNotMatch(map.linked, /<script|style=/)
  assert.deepEqual(map.table.rows.slice(1), [
    ['B', 'Nobody', 'nobody in the audience'],
    ['C', '100%', '3 of 3 answered'],
  ])
  assert.match(hexMap({ title: 't', shareLabel: 's', itemLabel: 'i', cells: [] }).svg, /No figures yet/)
})

test('what is done and what is silent are told apart without colour, and figures on either can be read', () => {
  const luminance = (colour: string) =>
    [0.2126, 0.7152, 0.0722].reduce((sum, weight, index) => {
      const part = Number.parseInt(colour.slice(1 + index * 2, 3 + index * 2), 16) / 255
      return sum + weight * (part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    }, 0)
  const contrast = (one: string, other: string) => {
    const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b)
    return (light + 0.05) / (dark + 0.05)
  }
  assert.ok(contrast(PAINTS.done.colour, PAINTS.silent.colour) >= 2)
  for (const { colour, ink } of Object.values(PAINTS)) assert.ok(contrast(colour, ink) >= 4.5, colour)
})

test('characters that XML does not allow are left out', () => {
  assert.equal(escapeXml('a\u0000b\u001Bc\td'), 'abc\td')
})

function assertBalanced(svg: string): void {
  const open: string[] = []
  for (const [, close, name, selfClosing] of svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/gi)) {
    if (close === '/') assert.equal(open.pop(), name)
    else if (selfClosing !== '/' && name !== undefined) open.push(name)
  }
  assert.deepEqual(open, [])
}
