// What the browser adds to a page that already works without it.
import { initAll } from './nhsuk.js'
import { keepDrafts } from './autosave.js'
import { listenToKeys } from './keys.js'
import { keepFiguresLive } from './live.js'
import { offerPasskeys } from './passkey.js'

initAll()
keepDrafts(document)
listenToKeys(document)
keepFiguresLive(document)
offerPasskeys(document)
