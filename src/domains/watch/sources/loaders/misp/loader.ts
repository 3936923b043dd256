import type { Loader } from '../../loader.ts'
import { readFeed } from './feed.ts'
import { searchInstance } from './instance.ts'
import { findPlace } from './place.ts'
import { ask, mispSettings, type Run } from './run.ts'
import { restore, snapshot } from './state.ts'

/**
 * Events of MISP: from a feed (its `manifest.json`, or the folder of it), from a server by its search, or from a file at the address. What is
 * there decides, and is found out once.
 *
 * Settings: `MispSettings`. The key of a server is the credential `Authorization`.
 */
export const mispLoader: Loader = {
  format: 'misp',
  async *load(source, out) {
    const state = restore(source.cursor)
    const run: Run = { source, out, settings: mispSettings.parse(source.settings), state, cursor: () => snapshot(state) }
    const isFresh = state.place === null
    const { place, fetched } = state.place === null ? await findPlace(run) : { place: state.place, fetched: null }
    state.place = place
    switch (place.kind) {
      case 'feed':
        yield* readFeed(run, place.address)
        return
      case 'instance':
        yield* searchInstance(run, place.address)
        return
      case 'document': {
        const answer = fetched ?? (await ask(run, place.address, isFresh ? {} : { validators: state.validators }))
        if (answer.isUnchanged) {
          yield { kind: 'checked', address: place.address, cursor: run.cursor }
          return
        }
        state.validators = answer.validators
        yield { kind: 'document', address: place.address, bytes: answer.bytes, tlp: null, integrity: null, remarks: [], cursor: run.cursor }
      }
    }
  },
}
