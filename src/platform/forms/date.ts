/** What was typed into the three fields of a date, as one text such as `2027-04-01`; whether there is such a day a schema says. */
export function dateIn(body: Readonly<Record<string, unknown>>, name: string): string {
  const part = (key: string, length: number) => {
    const value = body[`${name}-${key}`]
    return (typeof value === 'string' ? value.trim() : '').padStart(length, '0')
  }
  return `${part('year', 4)}-${part('month', 2)}-${part('day', 2)}`
}
