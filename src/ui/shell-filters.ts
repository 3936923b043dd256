import type { Problem } from '../kernel/problem.ts'
import type { NavigationItem } from './shell.ts'

/** The error summary's lines: each leads to the field it is about. A problem of the whole form leads nowhere. */
export function problemLinks(problems: readonly Problem[]): { text: string; href: string | undefined }[] {
  return problems.map(({ message, pointer }) => {
    const field = pointer.replace(/^\//, '').replaceAll('/', '-')
    return { text: message, href: field === '' ? undefined : `#${encodeURIComponent(field)}` }
  })
}

/** The navigation as the NHS header macro takes it. */
export function navigationItems(items: readonly NavigationItem[]): { text: string; href: string; current: boolean }[] {
  return items.map(({ label, href, current }) => ({ text: label, href, current }))
}
