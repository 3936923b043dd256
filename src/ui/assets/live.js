// Keeps figures true while one watches. An element with `data-live` names an address that answers
// { figures: { name: number | text }, done?: boolean }, asked again every `data-live-every` seconds while the page is in view.
// An address that answers `text/event-stream` is listened to instead; each message is the same JSON. With `data-live-events`, that address is
// listened to from the start, and the other is asked only where it cannot be.

const numbers = new Intl.NumberFormat('en-GB')
const LONGEST_WAIT = 60
const MOST_FAILURES = 3
const SIGNED_OUT = 'These figures no longer refresh. Reload the page.'
const TRYING_AGAIN = 'The figures may be out of date: trying again.'

export function keepFiguresLive(page) {
  for (const element of page.querySelectorAll('[data-live]')) follow(element)
}

function follow(element) {
  const { live: address } = element.dataset
  let pushed = element.dataset.liveEvents
  const every = Number(element.dataset.liveEvery ?? 5)
  const state = sayState(element)
  let wait = every
  let isOver = false
  let isRefused = pushed === undefined
  let timer
  let events

  async function ask() {
    clearTimeout(timer)
    if (document.hidden || isOver) return
    try {
      const answer = await fetch(address, { headers: { accept: 'application/json, text/event-stream' }, credentials: 'same-origin' })
      if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
        await answer.body?.cancel()
        pushed = address
        isRefused = false
        listen()
        return
      }
      if (answer.status === 401 || answer.status === 403 || answer.redirected) {
        stop(SIGNED_OUT)
        return
      }
      if (!answer.ok) throw new Error(String(answer.status))
      wait = every
      if (show(element, await answer.json())) {
        stop('')
        return
      }
      state.textContent = ''
    } catch {
      // A network that is down is tried again, ever less often, and said.
      wait = Math.min(wait * 2, LONGEST_WAIT)
      state.textContent = TRYING_AGAIN
    }
    clearTimeout(timer)
    timer = setTimeout(() => void ask(), wait * 1000)
  }

  function listen() {
    events = new EventSource(pushed)
    let failures = 0
    events.addEventListener('message', event => {
      failures = 0
      state.textContent = ''
      if (show(element, JSON.parse(event.data))) stop('')
    })
    events.addEventListener('signed-out', () => stop(SIGNED_OUT))
    // The browser connects again by itself, unless it was refused. What cannot be listened to is asked.
    events.addEventListener('error', () => {
      failures += 1
      state.textContent = TRYING_AGAIN
      if (events?.readyState !== EventSource.CLOSED && failures < MOST_FAILURES) return
      hush()
      isRefused = true
      void ask()
    })
  }

  function hush() {
    events?.close()
    events = undefined
  }

  function stop(words) {
    isOver = true
    hush()
    clearTimeout(timer)
    state.textContent = words
    document.removeEventListener('visibilitychange', wake)
  }

  // A hidden page asks nothing and holds no connection, of which a browser has few; it is told at once when it is looked at again.
  function wake() {
    if (document.hidden) hush()
    else if (isRefused) void ask()
    else if (events === undefined) listen()
  }

  document.addEventListener('visibilitychange', wake)
  // A page that is kept for the way back is not hidden first in every browser.
  window.addEventListener('pagehide', hush)
  if (isRefused) timer = setTimeout(() => void ask(), every * 1000)
  else if (!document.hidden) listen()
}

/** Puts the figures where they are shown. Says whether the work is done. */
function show(element, { figures, done }) {
  for (const [name, value] of Object.entries(figures ?? {})) {
    for (const place of element.querySelectorAll(`[data-figure="${CSS.escape(name)}"]`))
      setText(place, typeof value === 'number' ? numbers.format(value) : String(value))
    for (const bar of element.querySelectorAll(`[data-figure-value="${CSS.escape(name)}"]`)) bar.value = value
    for (const bar of element.querySelectorAll(`[data-figure-max="${CSS.escape(name)}"]`)) bar.max = value
  }
  for (const bar of element.querySelectorAll('.app-bar')) redraw(bar, figures ?? {})
  for (const image of element.querySelectorAll('[data-live-image] img')) image.src = freshAddress(image.src)
  return done === true
}

function setText(place, text) {
  if (place.textContent !== text) place.textContent = text
}

/** Draws a bar anew when each of its parts has a figure in the answer. */
function redraw(bar, figures) {
  const parts = [...bar.querySelectorAll('[data-part]')]
  if (parts.length === 0 || !parts.every(part => typeof figures[part.dataset.part] === 'number')) return
  const total = parts.reduce((sum, part) => sum + figures[part.dataset.part], 0)
  if (total === 0) return
  let start = 0
  for (const part of parts) {
    const count = figures[part.dataset.part]
    part.setAttribute('x', `${(start * 100) / total}%`)
    part.setAttribute('width', `${(count * 100) / total}%`)
    start += count
  }
  bar.setAttribute('aria-label', parts.map(part => `${part.dataset.label}: ${numbers.format(figures[part.dataset.part])}`).join(', '))
}

/** The picture's address with a number that grows, so that it is fetched anew. */
function freshAddress(address) {
  const url = new URL(address)
  url.searchParams.set('drawn', String(Number(url.searchParams.get('drawn') ?? 0) + 1))
  return url.href
}

function sayState(element) {
  const state = document.createElement('p')
  state.className = 'app-live__state'
  state.setAttribute('role', 'status')
  element.append(state)
  return state
}
