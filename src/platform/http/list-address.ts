import { z } from 'zod'
import { cleanLine } from '../../kernel/text.ts'

/** What the address of a list may carry. What cannot be read is as if it were not there: an old or mangled link still shows something. */

/** What somebody searches for; empty for nothing. */
export const searchText = z.string().max(200).transform(cleanLine).catch('')

/** A code or id by which the list is narrowed; `null` for not at all. */
export const choiceText = z.string().max(100).transform(cleanLine).pipe(z.string().min(1)).nullable().catch(null)

/** Where the page begins (kernel/page.ts); `null` for the first. */
export const cursorText = z.string().max(1_000).nullable().catch(null)
