import { z } from 'zod'
import { cleanLine } from '../../../../kernel/text.ts'

const line = (missing: string, longest: number) =>
  z
    .string(missing)
    .transform(cleanLine)
    .pipe(z.string().min(1, missing).max(longest, `Use ${longest} characters or fewer.`))

/** What a person types to say that two names are one maker's. */
export const aliasForm = z.object({
  alias: line('Enter the name that people write.', 200),
  maker: line('Enter the maker that it stands for.', 200),
  why: line('Say why the one stands for the other.', 500),
})

/** The fields as the form shows them, with what was typed and what is wrong with it. */
export function aliasFields(typed: Readonly<Record<string, unknown>>, errorOf: (name: string) => string | undefined) {
  const field = (name: string) => ({ name, kind: 'text' as const, value: typeof typed[name] === 'string' ? typed[name] : '', error: errorOf(name) })
  return [
    { ...field('alias'), label: 'The name that people write', hint: 'A short name, a former name, a brand, or a maker that was taken over' },
    { ...field('maker'), label: 'The maker that it stands for', hint: 'Whatever name of it: all names of one maker count as one' },
    { ...field('why'), label: 'Why', hint: 'Such as “acquired in 2019”' },
  ]
}
