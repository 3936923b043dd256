import type { Instant } from '../../../kernel/instant.ts'
import type { Tag } from '../../../ui/labels.ts'
import type { Cell, TableModel } from '../../../ui/models.ts'
import { ADDRESSES_PATH } from '../model.ts'
import type { FeedAddress } from '../queries.ts'

function stateOf(address: FeedAddress, now: Instant): Tag {
  if (address.revokedAt !== null) return { text: 'Ended', colour: 'grey' }
  return address.expiresAt <= now ? { text: 'Expired', colour: 'grey' } : { text: 'Works', colour: 'green' }
}

/** The list of an organisation's feed addresses. */
export function listModel(addresses: readonly FeedAddress[], now: Instant) {
  const table: TableModel = {
    caption: 'Feed addresses',
    captionHidden: true,
    head: [{ text: 'Name' }, { text: 'State' }, { text: 'Last read' }, { text: 'Works until' }, { text: 'Made' }],
    rows: addresses.map((address): readonly Cell[] => {
      const state = stateOf(address, now)
      return [
        state.text === 'Works' ? { text: address.name, href: `${ADDRESSES_PATH}/${address.id}/end`, hint: 'Open to end it' } : address.name,
        { tags: [state] },
        address.lastUsedAt === null ? 'Never' : { at: address.lastUsedAt },
        { at: address.revokedAt ?? address.expiresAt },
        { at: address.madeAt },
      ]
    }),
  }
  return { total: addresses.length, table }
}
