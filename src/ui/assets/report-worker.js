// Opens the page on which an incident is reported without a network, once it was opened with one. It keeps the page as strangers see it, so
// nothing of whoever is signed in, and touches no other page. `PAGE` and `FILES` are set by the script that loads this one.
/* global PAGE, FILES */

const KEEP = `carecert-report-${FILES.at(-1)}`
const PATIENCE_MILLIS = 5_000

self.addEventListener('install', event => {
  self.skipWaiting()
  event.waitUntil(caches.open(KEEP).then(cache => Promise.all([cache.addAll(FILES), keepPage(cache)])))
})

self.addEventListener('activate', event => {
  event.waitUntil(
    caches
      .keys()
      .then(names => Promise.all(names.filter(name => name.startsWith('carecert-report-') && name !== KEEP).map(name => caches.delete(name))))
      .then(() => self.clients.claim()),
  )
})

self.addEventListener('fetch', event => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin) return
  if (request.mode === 'navigate' && pathname === PAGE) event.respondWith(pageOf(event))
  else if (FILES.includes(pathname)) event.respondWith(caches.match(pathname).then(kept => kept ?? fetch(request)))
})

/** The page itself where the network answers in time; else the one that was kept. */
async function pageOf(event) {
  const kept = await caches.match(PAGE)
  try {
    const response = await (kept === undefined ? fetch(event.request) : Promise.race([fetch(event.request), lateness()]))
    if (response.ok) event.waitUntil(caches.open(KEEP).then(keepPage))
    return response.status >= 500 ? (kept ?? response) : response
  } catch (error) {
    if (kept === undefined) throw error
    return kept
  }
}

/** A network that is there and does not answer is none. */
function lateness() {
  return new Promise((_, reject) => setTimeout(() => reject(new Error('late')), PATIENCE_MILLIS))
}

async function keepPage(cache) {
  const response = await fetch(PAGE, { credentials: 'omit' })
  if (response.ok) await cache.put(PAGE, response)
}
