// Keeps a preview true while one types. A form with `data-preview` names an address that takes its fields and answers, with
// `fragment=yes`, the HTML for the element `data-preview-shown` inside it. The server makes the preview and stores nothing.

const PAUSE = 500
const LONGEST_WAIT = 60_000

export function followTyping(page) {
  for (const form of page.querySelectorAll('form[data-preview]')) follow(form)
}

function follow(form) {
  const shown = form.querySelector('[data-preview-shown]')
  // What the server has not shown yet is asked for at once: `data-preview-wanted`.
  let last = isAsSent(form) && !shown.hasAttribute('data-preview-wanted') ? fieldsOf(form) : ''
  let wait = PAUSE
  let timer
  let asked

  async function ask() {
    const fields = fieldsOf(form)
    if (fields === last) return
    asked?.abort()
    asked = new AbortController()
    const { signal } = asked
    try {
      const answer = await fetch(form.dataset.preview, {
        method: 'POST',
        credentials: 'same-origin',
        headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
        body: `${fields}&fragment=yes`,
        signal,
      })
      if (answer.redirected || answer.status === 401 || answer.status === 403) {
        stop()
        return
      }
      if (!answer.ok) throw new Error(String(answer.status))
      show(form, shown, await answer.text())
      last = fields
      wait = PAUSE
      say(form, '')
    } catch {
      if (signal.aborted) return
      // A network that is down is tried again, ever less often, and said.
      wait = Math.min(wait * 2, LONGEST_WAIT)
      say(form, 'The preview is older than the text: trying again.')
      later()
    }
  }

  function later() {
    clearTimeout(timer)
    timer = setTimeout(() => void ask(), wait)
  }

  function typed() {
    wait = PAUSE
    later()
  }

  function stop() {
    for (const name of ['input', 'change', 'app:written']) form.removeEventListener(name, typed)
    say(form, 'The preview no longer follows: you were signed out. Sign in again in another tab, then save here.')
  }

  for (const name of ['input', 'change', 'app:written']) form.addEventListener(name, typed)
  typed()
}

/** Whether the fields are as the server sent them, which is what it showed. A browser that reloads or goes back fills them in again. */
function isAsSent(form) {
  return [...form.elements].every(item => {
    // What has no name is never sent: a slider.
    if (item.name === '') return true
    if (item.type === 'checkbox' || item.type === 'radio') return item.checked === item.defaultChecked
    if (item.tagName !== 'SELECT') return item.defaultValue === undefined || item.value === item.defaultValue
    const sent = [...item.options].findIndex(option => option.defaultSelected)
    return item.selectedIndex === Math.max(sent, 0)
  })
}

/** The fields as the form would send them. */
function fieldsOf(form) {
  return new URLSearchParams(new FormData(form)).toString()
}

/** Puts the new preview in place of the old; what was folded open stays open. */
function show(form, shown, html) {
  const open = new Set([...shown.querySelectorAll('details[open][id]')].map(part => part.id))
  shown.replaceChildren(...new DOMParser().parseFromString(html, 'text/html').body.childNodes)
  for (const id of open) shown.querySelector(`#${CSS.escape(id)}`)?.setAttribute('open', '')
  const words = form.querySelector('[data-preview-words]')
  const summary = shown.querySelector('[data-preview-summary]')?.dataset.previewSummary
  if (words !== null && summary !== undefined && words.textContent !== summary) words.textContent = summary
}

function say(form, words) {
  const state = form.querySelector('[data-preview-state]')
  if (state !== null && state.textContent !== words) state.textContent = words
}
