import type { Platform } from '../../../../platform/platform.ts'
import type { Actor } from '../../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { Dimension } from '../model.ts'
import { progressOf, readGroupFigures, readProgress, type Figures, type Progress } from './queries.ts'

/** How often the database is asked for a bulletin that is watched, whatever the number of those who watch it. */
const LOOK_MILLIS = 1_000
/** Partners are counted recipient by recipient, so their figures are read at every fifth look only. */
const PARTNER_LOOKS = 5

/** Where a watcher is told. `end`: there is nothing more to tell. */
interface Listener {
  send(data: object): void
  end(): void
}

interface Watcher {
  readonly dimension: Dimension
  /** What it was told last: it is told again only when that is no longer so. */
  told: string
}

/** One bulletin as one part of the sector sees it, with all who watch it so. */
interface Watched {
  readonly bulletinId: string
  readonly actor: Actor
  readonly watchers: Map<Listener, Watcher>
  readonly groups: Map<Dimension, { readonly look: number; readonly state: string; readonly figures: Figures }>
  looks: number
  timer: NodeJS.Timeout | undefined
}

/** By database, so that two applications in one process share nothing. */
const ALL_WATCHED = new WeakMap<Platform['database'], Map<string, Watched>>()

/**
 * Tells a watcher the figures of a bulletin, and again whenever they change, until what it gives back is called. All watchers of the same part of
 * the sector share one look at the database a second.
 */
export function watchProgress(platform: Platform, actor: Actor, bulletinId: string, dimension: Dimension, listener: Listener): () => void {
  const all = ALL_WATCHED.get(platform.database) ?? new Map<string, Watched>()
  ALL_WATCHED.set(platform.database, all)
  const { scope } = actor
  const key = `${bulletinId} ${scope.kind} ${'organisationId' in scope ? scope.organisationId : ''}`
  const watched = all.get(key) ?? { bulletinId, actor, watchers: new Map(), groups: new Map(), looks: 0, timer: undefined }
  all.set(key, watched)
  watched.watchers.set(listener, { dimension, told: '' })
  watched.timer ??= setTimeout(() => void look(platform, watched), 0)
  return () => {
    watched.watchers.delete(listener)
    if (watched.watchers.size > 0) return
    clearTimeout(watched.timer)
    all.delete(key)
  }
}

async function look(platform: Platform, watched: Watched): Promise<void> {
  watched.looks += 1
  try {
    const progress = await readAs<Visible, Progress>(platform, watched.actor, async db => {
      const found = await readProgress(db, watched.actor.scope, watched.bulletinId)
      await keepGroups(db, watched, JSON.stringify(found.figures))
      return found
    })
    for (const [listener, watcher] of watched.watchers) tell(listener, watcher, progress, watched.groups.get(watcher.dimension)?.figures ?? {})
  } catch (error) {
    platform.log.warn({ err: error, bulletinId: watched.bulletinId }, 'picture: the figures could not be read for those who watch')
  }
  if (watched.watchers.size > 0) watched.timer = setTimeout(() => void look(platform, watched), LOOK_MILLIS)
}

/** The figures of groups are read anew only when those of all have changed. */
async function keepGroups(db: Reader<Visible>, watched: Watched, state: string): Promise<void> {
  for (const dimension of new Set([...watched.watchers.values()].map(watcher => watcher.dimension))) {
    const known = watched.groups.get(dimension)
    if (known?.state === state) continue
    if (known !== undefined && dimension === 'partner' && watched.looks - known.look < PARTNER_LOOKS) continue
    const figures = await readGroupFigures(db, watched.actor.scope, watched.bulletinId, dimension)
    watched.groups.set(dimension, { look: watched.looks, state, figures })
  }
}

function tell(listener: Listener, watcher: Watcher, progress: Progress, groups: Figures): void {
  const answer = progressOf(progress, groups)
  const told = JSON.stringify(answer)
  if (told === watcher.told) return
  watcher.told = told
  listener.send(answer)
  if (answer.done) listener.end()
}
