/** Money on pages. In the database and in domain code it is whole pence; pounds with fractions live in the solvers alone. */

const POUNDS = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'GBP', maximumFractionDigits: 0 })
const EXACT = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'GBP' })

/** An amount as somebody typed it: whole pounds without pence, others with. */
export function pounds(pence: number): string {
  return pence % 100 === 0 ? POUNDS.format(pence / 100) : EXACT.format(pence / 100)
}

/** An amount that a model reckoned, with no more figures than it deserves: £220,000, £1.3 million. The exact one belongs in the title. */
export function aboutPounds(pence: number): string {
  const amount = twoFigures(pence / 100)
  if (Math.abs(amount) < 1_000_000) return POUNDS.format(amount)
  return `${amount < 0 ? '-' : ''}£${String(Math.abs(amount) / 1_000_000)} million`
}

/** Rounded to two significant figures. */
export function twoFigures(value: number): number {
  return value === 0 ? 0 : Number(value.toPrecision(2))
}

/** Pence from pounds as people type them: `1,250`, `£1250.50`. `undefined` for anything else. */
export function penceFrom(typed: string): number | undefined {
  const match = /^£?\s*(\d{1,3}(?:,?\d{3})*|\d+)(?:\.(\d{1,2}))?$/.exec(typed.trim())
  if (match === null) return undefined
  const pence = Number((match[1] ?? '').replaceAll(',', '')) * 100 + Number((match[2] ?? '').padEnd(2, '0'))
  return Number.isSafeInteger(pence) ? pence : undefined
}
