import { keepDrafts } from './autosave.js'
import { offerFileHashes } from './file-hash.js'
import { listenToKeys } from './keys.js'
import { keepFiguresLive } from './live.js'
// What the browser adds to a page that already works without it.
import { initAll } from './nhsuk.js'
import { offerPasskeys } from './passkey.js'
import { followTyping } from './preview.js'
import { offerSliders } from './slider.js'

initAll()
withoutExpandedRadios(document)
followTyping(document)
offerSliders(document)
keepDrafts(document)
listenToKeys(document)
keepFiguresLive(document)
offerPasskeys(document)
offerFileHashes(document)

/**
 * The NHS scripts put `aria-expanded` on radios that reveal more fields, which ARIA does not allow on a radio. What is revealed
 * follows the radio directly, so nothing is lost without it.
 */
function withoutExpandedRadios(page) {
  const remove = () => page.querySelectorAll('input[type=radio][aria-expanded]').forEach(radio => radio.removeAttribute('aria-expanded'))
  remove()
  page.addEventListener('click', remove)
  window.addEventListener('pageshow', remove)
}
