import MarkdownIt from 'markdown-it'

const reader = new MarkdownIt({ html: false })

/** Nobody looks for the first line of a text further down than this. */
const MOST_READ = 4_000

/**
 * What the first paragraph, heading or item of a Markdown text says, on one line and without its marks (CommonMark 0.31): for a subject, a text
 * message, a board. What only looks like a mark stays, such as the underscores of a file's name. Empty when nothing is said.
 */
export function firstLineOf(markdown: string): string {
  for (const { content, children } of reader.parse(markdown.slice(0, MOST_READ), {})) {
    const line = children === null ? content : children.map(wordsOf).join('')
    if (line.trim() !== '') return line.replace(/\s+/g, ' ').trim()
  }
  return ''
}

/** Code and text say what they hold; a break in a line parts two words; all else is a mark. */
function wordsOf({ type, content }: { readonly type: string; readonly content: string }): string {
  return type === 'softbreak' || type === 'hardbreak' ? ' ' : content
}
