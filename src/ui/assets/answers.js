import { forgetDraft } from './autosave.js'

// Saves each answer of a form with `data-answers` as it is given: that names an address of the JSON API which takes answers, each with the revision that its
// writer saw. Without this script a button saves the same.
// - One request at a time; what changes meanwhile goes with the next. What cannot be sent is tried again, and said; the draft in the browser keeps it besides.
// - An answer that a colleague changed meanwhile is not overwritten: the server keeps both, and the page says so.
// - Each statement is an element with `data-statement`, its code (empty for the summary), and fields named answer-, comment-, alternative- and revision-.

const PAUSE = 900
const LONGEST_WAIT = 60_000
const LONGEST_REQUEST = 20_000

for (const form of document.querySelectorAll('form[data-answers]')) saveAnswers(form)

function saveAnswers(form) {
  const statements = new Map([...form.querySelectorAll('[data-statement]')].map(part => [part.dataset.statement, part]))
  const last = new Map([...statements.keys()].map(code => [code, textOf(form, code)]))
  // What a colleague has changed meanwhile is settled on the page, not by sending it again and again.
  const held = new Set()
  let wait = PAUSE
  let timer
  let isBusy = false
  let sending = Promise.resolve()

  const changed = () => [...statements.keys()].filter(code => !held.has(code) && textOf(form, code) !== last.get(code))

  function later(millis) {
    clearTimeout(timer)
    timer = setTimeout(start, millis)
  }

  function start() {
    if (!isBusy) sending = send()
  }

  async function send() {
    const codes = changed()
    if (codes.length === 0) return
    isBusy = true
    const sent = new Map(codes.map(code => [code, textOf(form, code)]))
    say(form, 'Saving …')
    try {
      const answer = await fetch(form.dataset.answers, {
        method: 'POST',
        credentials: 'same-origin',
        keepalive: true,
        signal: AbortSignal.timeout(LONGEST_REQUEST),
        headers: { 'content-type': 'application/json', accept: 'application/json', 'x-csrf-token': form.elements.namedItem('_csrf').value },
        body: JSON.stringify(bodyOf(form, codes)),
      })
      if (answer.status === 401 || answer.status === 403) {
        say(form, 'Not saved: you were signed out. Sign in again in another tab, then press Save here. What you typed is kept in this browser.')
        return
      }
      if (!answer.ok) throw new Error(await reasonOf(answer))
      take(await answer.json(), sent)
      wait = PAUSE
      if (changed().length === 0) forgetDraft(document, form)
      await refreshStatus()
    } catch (error) {
      wait = Math.min(wait * 2, LONGEST_WAIT)
      say(
        form,
        `Not saved yet${error.message.startsWith('!') ? `: ${error.message.slice(1)}` : ': trying again'}. What you typed is kept in this browser.`,
      )
      later(wait)
    } finally {
      isBusy = false
      if (wait === PAUSE && changed().length > 0) later(PAUSE)
    }
  }

  function take({ answers, summary }, sent) {
    let kept = 0
    for (const one of summary === null ? answers : [...answers, summary]) {
      last.set(one.code, sent.get(one.code))
      const part = statements.get(one.code)
      if (one.outcome === 'aside') {
        kept += 1
        held.add(one.code)
        showNewer(part, one)
        continue
      }
      revisionField(form, one.code).value = one.revision
      tell(part, one.outcome === 'saved' ? 'Saved' : '')
    }
    say(form, kept === 0 ? `Saved at ${timeNow()}` : 'A colleague changed an answer while you wrote. Both are kept: see below.')
  }

  async function refreshStatus() {
    const shown = document.querySelector('[data-status]')
    if (shown === null) return
    const answer = await fetch(shown.dataset.status, { credentials: 'same-origin', headers: { accept: 'text/html' } })
    if (!answer.ok || answer.redirected) return
    shown.replaceChildren(...new DOMParser().parseFromString(await answer.text(), 'text/html').body.childNodes)
  }

  form.addEventListener('input', () => later(PAUSE))
  form.addEventListener('change', () => later(0))
  form.addEventListener('app:written', () => later(PAUSE))
  form.addEventListener('submit', event => {
    clearTimeout(timer)
    if (!isBusy) return
    // What is on its way brings the revision upon which the form must be sent: else one's own answer would look like a colleague's.
    event.preventDefault()
    void sending.then(() => form.requestSubmit(event.submitter))
  })
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') start()
  })
  say(form, 'Each answer is saved as you give it.')
}

function revisionField(form, code) {
  return form.elements.namedItem(code === '' ? 'revision-summary' : `revision-${code}`)
}

function valueOf(form, name) {
  return form.elements.namedItem(name)?.value ?? ''
}

function answerOf(form, code) {
  return {
    answer: valueOf(form, `answer-${code}`) || null,
    comment: valueOf(form, `comment-${code}`),
    alternative: valueOf(form, `alternative-${code}`),
  }
}

function textOf(form, code) {
  return code === '' ? valueOf(form, 'summary') : JSON.stringify(answerOf(form, code))
}

function bodyOf(form, codes) {
  const answers = codes
    .filter(code => code !== '')
    .map(code => ({ code, ...answerOf(form, code), revision: Number(revisionField(form, code).value) }))
  const summary = { text: valueOf(form, 'summary'), revision: Number(revisionField(form, '').value) }
  return { answers, ...(codes.includes('') ? { summary } : {}) }
}

/** A refusal that says what to do is shown; whatever else went wrong is tried again. */
async function reasonOf(answer) {
  if (answer.status < 400 || answer.status >= 500 || answer.status === 429) return ''
  try {
    return `!${(await answer.json()).detail ?? ''}`
  } catch {
    return ''
  }
}

function showNewer(part, { newer }) {
  const state = part.querySelector('[data-statement-state]')
  const words = newer === null ? '' : [wordOf(newer.answer), newer.comment, newer.alternative].filter(text => text !== '').join('. ')
  const by = newer === null || newer.by === '' ? 'A colleague' : newer.by
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'nhsuk-button nhsuk-button--secondary nhsuk-button--small'
  button.textContent = 'Look at both and choose'
  button.addEventListener('click', () => window.location.reload())
  const text = document.createElement('span')
  text.textContent = `${by} changed this while you wrote, to: ${words === '' ? 'nothing' : words}. What you wrote is kept beside it. `
  state.classList.add('app-statement__state--newer')
  state.replaceChildren(text, button)
}

function wordOf(answer) {
  return { yes: 'Yes', no: 'No', 'not-applicable': 'Does not apply' }[answer] ?? ''
}

function tell(part, words) {
  const state = part.querySelector('[data-statement-state]')
  if (state !== null && words !== '') state.textContent = words
}

function say(form, words) {
  const state = form.querySelector('[data-answers-state]')
  if (state !== null && state.textContent !== words) state.textContent = words
}

function timeNow() {
  return new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'Europe/London' }).format()
}
