/** A field, its name in lower case and its value unfolded. */
export interface ReportField {
  readonly name: string
  readonly value: string
}

const MOST_GROUPS = 100
const MOST_FIELDS = 100

/** Groups of fields with empty lines between them, as reports are written (RFC 3464 §2.1, RFC 5965 §3.2). Lines that are no field are left out. */
export function parseFields(text: string): readonly (readonly ReportField[])[] {
  const groups: ReportField[][] = []
  let group: ReportField[] = []
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') {
      if (group.length > 0) groups.push(group)
      group = []
      if (groups.length >= MOST_GROUPS) return groups
      continue
    }
    const last = group.at(-1)
    const [, name, value = ''] = /^([!-9;-~]{1,80}):(.*)$/.exec(line) ?? []
    if (/^[ \t]/.test(line) && last !== undefined)
      group[group.length - 1] = { name: last.name, value: `${last.value} ${line.trim()}`.slice(0, 4_000) }
    else if (name !== undefined && group.length < MOST_FIELDS) group.push({ name: name.toLowerCase(), value: value.trim().slice(0, 4_000) })
  }
  if (group.length > 0) groups.push(group)
  return groups
}

export function fieldValue(fields: readonly ReportField[], name: string): string | undefined {
  return fields.find(field => field.name === name)?.value
}
