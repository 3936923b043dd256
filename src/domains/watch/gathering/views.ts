import { isRecord, lineAt, listAt, textAt } from '../../../kernel/json.ts'
import { sentence } from '../../../ui/filters/words.ts'
import type { Cell, TableModel } from '../../../ui/models.ts'
import { fieldWord } from './model.ts'
import type { itemById, itemChanges } from './queries.ts'

type ItemRow = NonNullable<Awaited<ReturnType<typeof itemById>>>
type ChangeRow = Awaited<ReturnType<typeof itemChanges>>[number]

const CHANGES: Readonly<Record<ChangeRow['kind'], string>> = {
  added: 'First gathered',
  changed: 'Changed',
  withdrawn: 'Withdrawn by its source',
  returned: 'Brought back by its source',
}

export function itemModel(item: ItemRow, changes: readonly ChangeRow[]) {
  const { content } = item
  const text = (value: string | null): Cell => (value === null || value === '' ? null : { text: value })
  return {
    item,
    content,
    bodies: bodiesOf(content.details),
    facts: {
      rows: [
        { key: 'Id', value: { text: item.external_id } },
        { key: 'Published', value: item.published_at === null ? null : { date: item.published_at } },
        { key: 'Changed by the source', value: item.changed_at === null ? null : { date: item.changed_at } },
        { key: 'CVEs', value: text(content.cves.join(', ')) },
        { key: 'Severity', value: text(sentence(content.severity)) },
        { key: 'CVSS score', value: content.cvssTenths === null ? null : { text: (content.cvssTenths / 10).toFixed(1) } },
        ...(content.kev === null
          ? []
          : [
              { key: "On CISA's list since", value: { date: content.kev.dateAdded } },
              { key: 'Due date for US agencies', value: content.kev.dueDate === null ? null : { date: content.kev.dueDate } },
              {
                key: 'Used in ransomware attacks',
                value: text(content.kev.knownRansomwareUse === null ? null : content.kev.knownRansomwareUse ? 'Yes' : 'Not known'),
              },
              { key: 'Required action', value: text(content.kev.requiredAction) },
            ]),
        { key: 'TLP label', value: { text: content.tlp ?? 'None given' } },
      ],
    },
    faults: {
      caption: 'Where it departs from its own format',
      head: [{ text: 'What' }, { text: 'Where' }],
      rows: (content.faults ?? []).slice(0, 200).map(fault => [fault.message, text(fault.pointer)]),
    } satisfies TableModel,
    origin: {
      rows: [
        { key: 'Source', value: { text: item.sourceName, href: `/sources/${encodeURIComponent(item.source)}` } },
        { key: 'From', value: { text: item.address, hint: item.label ?? undefined } },
        { key: 'First gathered', value: { at: item.first_gathered_at } },
        { key: 'Taken in as it stands', value: { at: item.last_gathered_at } },
        {
          key: 'The bytes as they came',
          value:
            item.document === null
              ? { text: 'Not kept', hint: `SHA-256 ${item.bytes_hash}` }
              : { text: 'Save the file', href: `/documents/${item.bytes_hash}`, hint: `SHA-256 ${item.bytes_hash}` },
        },
        { key: 'SHA-256 of what it says', value: { text: item.content_hash } },
      ],
    },
    products: {
      caption: 'Products that it names',
      head: [{ text: 'Product' }, { text: 'Maker' }, { text: 'Versions' }, { text: 'Affected' }],
      rows: content.products
        .slice(0, 200)
        .map(product => [
          product.product,
          text(product.maker),
          text(product.version),
          product.affected === null ? 'Not said' : product.affected ? 'Yes' : 'No',
        ]),
    } satisfies TableModel,
    changes: {
      caption: 'What happened to it',
      head: [{ text: 'When' }, { text: 'What' }, { text: 'From' }],
      rows: changes.map(change => [
        { at: change.at },
        { text: CHANGES[change.kind], hint: change.fields.length === 0 ? undefined : change.fields.map(fieldWord).join(', ') },
        { text: change.label ?? change.address, hint: change.label === null ? undefined : change.address },
      ]),
    } satisfies TableModel,
  }
}

/** The long texts of an item with their headings: HTML (`html`) is made safe by the template, the rest is plain. */
function bodiesOf(details: Readonly<Record<string, unknown>>): readonly { heading: string; text?: string; html?: string }[] {
  const blocks = (name: string, heading: string) =>
    listAt(details, name)
      .filter(isRecord)
      .map(block => ({ heading: lineAt(block, 'heading') ?? lineAt(block, 'title') ?? heading, html: textAt(block, 'contentHtml') ?? '' }))
  const notes = listAt(details, 'notes')
    .filter(isRecord)
    .map(note => ({ heading: lineAt(note, 'title') ?? sentence(lineAt(note, 'category') ?? 'Note'), text: textAt(note, 'text') ?? '' }))
  const remedies = [
    ...new Set(
      listAt(details, 'vulnerabilities')
        .flatMap(entry => listAt(entry, 'remediations'))
        .map(remedy => textAt(remedy, 'details') ?? ''),
    ),
  ]
  return [
    ...blocks('sections', 'Details'),
    ...blocks('updates', 'Update'),
    {
      heading: 'What to do',
      html: [textAt(details, 'remediationIntroHtml') ?? '', ...listAt(details, 'remediationSteps').map(step => textAt(step, 'stepHtml') ?? '')].join(
        '',
      ),
    },
    ...blocks('indicatorsOfCompromise', 'Indicators of compromise'),
    ...notes,
    { heading: 'What to do', text: remedies.filter(remedy => remedy !== '').join('\n\n') },
  ].filter(body => ('html' in body ? body.html : body.text) !== '')
}
