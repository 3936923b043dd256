import type { ZodType } from 'zod'
import { Conflict, Invalid } from '../../kernel/errors.ts'
import type { Problem } from '../../kernel/problem.ts'

/** A form that was read: the value, or what is wrong with it and what was typed, so that nothing typed is lost. */
export type FormResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly typed: Readonly<Record<string, unknown>> }

/** Reads the fields of a form by a schema whose messages are sentences for the person. `pointer` is the field's name. */
export function readForm<T>(schema: ZodType<T>, body: Readonly<Record<string, unknown>>): FormResult<T> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return { ok: true, value: parsed.data }
  const seen = new Set<string>()
  const problems = parsed.error.issues.flatMap(issue => {
    const pointer = String(issue.path[0] ?? '')
    if (seen.has(pointer)) return []
    seen.add(pointer)
    return [{ rule: 'form.field', pointer, severity: 'error' as const, message: issue.message }]
  })
  return { ok: false, problems, typed: body }
}

/** What a form was shown with, new each time, by which it is known when it is sent again; empty without. */
export function pressOf(body: Readonly<Record<string, unknown>>): string {
  return typeof body['press'] === 'string' ? body['press'] : ''
}

/** A field that may hold one value or several (checkboxes): always a list. */
export function asList(value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  return values.filter(one => typeof one === 'string' && one !== '') as string[]
}

/** What a command refused, as a problem of one field, so that the form comes back with all that was typed. What is no refusal is thrown on. */
export function refusalOf(error: unknown, pointer: string): Problem {
  if (error instanceof Invalid || error instanceof Conflict) return { rule: error.code, pointer, severity: 'error', message: error.message }
  throw error
}
