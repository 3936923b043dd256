/**
 * A plain text that GOV.UK Notify's Markdown shows as it stands. What a line may begin with to become a heading, a list, an inset or a rule
 * is escaped, and so are the brackets of a link and of a placeholder, so that no text of ours or of others turns into another. Web
 * addresses stay as they are: Notify makes links of them, and the answer link must be one.
 */
export function asNotifyText(text: string): string {
  return text
    .split('\n')
    .map(line =>
      line
        .replace(/[\\[\]*_`]/g, (mark, at: number) => (isWithinAddress(line, at) ? mark : `\\${mark}`))
        .replace(/^(\s*)([#^>+=~-])/, '$1\\$2')
        .replace(/^(\s*\d+)([.)])(?=\s)/, '$1\\$2')
        .replaceAll('((', '(\u200B('),
    )
    .join('\n')
}

const ADDRESS = /https?:\/\/[^\s<>"]+/g

function isWithinAddress(line: string, at: number): boolean {
  return [...line.matchAll(ADDRESS)].some(({ index, 0: address }) => at >= index && at < index + address.length)
}
