// Reporting an incident where there may be no network. The page works without this script; with it,
// - what is typed stays in this browser (autosave.js), and what was sent waits here until the centre has it;
// - it is sent by itself when the network is back, while the page is open, or on a tap; sent twice, it is taken once (the key);
// - the page says which it is: kept, waiting, being sent, or taken with its number.
import { forgetDraft } from './autosave.js'

const ADDRESS = '/api/v1/incident-notifications'
const WAITING = 'carecert.report'
const LAST = 'carecert.report.last'
const AGAIN_MILLIS = 15_000
const PATIENCE_MILLIS = 20_000
const DAY = 24 * 3_600_000

const form = document.querySelector('#report')
const place = document.querySelector('[data-report-state]')
const owner = document.querySelector('[data-owner]')?.dataset.owner ?? ''
let waiting = load(WAITING)
let isSending = false
let timer

if (form !== null && place !== null) {
  form.addEventListener('submit', event => {
    event.preventDefault()
    submit()
  })
  window.addEventListener('online', () => sendWaiting())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') sendWaiting()
  })
  keepPage()
  if (waiting !== undefined) {
    showWaiting()
    sendWaiting()
  } else showLast()
}

/** A worker keeps the page itself at hand, so that it opens without a network too. */
function keepPage() {
  navigator.serviceWorker?.register('/report-incident-worker.js', { scope: '/report-incident' }).catch(() => {})
}

function submit() {
  const missing = firstMissing()
  if (missing !== undefined && !navigator.onLine) {
    say([`There is no network, so check it here first: ${missing.words}.`])
    missing.control.focus()
    return
  }
  // oxlint-disable-next-line house/no-reading-the-clock -- a browser has no other clock
  const at = Date.now()
  waiting = { key: newKey(), at, owner, body: { ...valuesOf(form), writtenAt: new Date(at).toISOString() } }
  store(WAITING, waiting)
  forgetDraft(document, form)
  sendWaiting()
}

/** What the server would ask for, for when it cannot be asked. */
function firstMissing() {
  const { what, care, mayCall, phone } = form.elements
  if (what.value.trim() === '') return { control: what, words: 'say what is happening' }
  if (care.value === '') return { control: care[0], words: 'choose whether care is affected' }
  if (mayCall.value === '') return { control: mayCall[0], words: 'choose whether we may ring you' }
  if (mayCall.value === 'yes' && phone.value.trim() === '') return { control: phone, words: 'enter the number to ring' }
  return undefined
}

function sendWaiting() {
  attempt().catch(() => showWaiting())
}

async function attempt() {
  if (waiting === undefined || isSending) return
  isSending = true
  clearTimeout(timer)
  form.hidden = true
  say(['Sending …'])
  const answer = await ask(form.elements['_csrf']?.value ?? '').catch(() => undefined)
  isSending = false
  if (answer?.number !== undefined) return done(answer)
  if (answer?.isRefused) return giveBack()
  showWaiting(answer?.words)
  timer = setTimeout(sendWaiting, AGAIN_MILLIS)
}

/** Sends it. Whoever uses this browser by now does not lend it their name, unless it is theirs. */
async function ask(token, isSecond = false) {
  const response = await fetch(ADDRESS, {
    method: 'POST',
    credentials: waiting.owner === owner ? 'same-origin' : 'omit',
    headers: { 'content-type': 'application/json', 'idempotency-key': waiting.key, 'x-csrf-token': token },
    body: JSON.stringify(waiting.body),
    signal: AbortSignal.timeout(PATIENCE_MILLIS),
  })
  // The page may be older than the session.
  if (response.status === 403 && !isSecond) return ask(await freshToken(), true)
  const body = await response.json()
  if (response.ok && /^IN-\d{4}-\d{4,}$/.test(body.number)) return body
  if (response.status === 400 || response.status === 413 || response.status === 422) return { isRefused: true }
  return { words: body.detail }
}

async function freshToken() {
  const page = new DOMParser().parseFromString(await (await fetch(form.action)).text(), 'text/html')
  return page.querySelector('[name=_csrf]')?.value ?? ''
}

/** The server does not take it as it is, and says why on the page that it makes of the form. */
function giveBack() {
  fill(waiting.body)
  drop()
  form.submit()
}

function done({ number, href, telephone }) {
  // oxlint-disable-next-line house/no-reading-the-clock -- a browser has no other clock
  store(LAST, { number, at: Date.now() })
  drop()
  form.remove()
  const panel = element('div', 'nhsuk-panel')
  panel.append(element('h2', 'nhsuk-panel__title', 'We have your report'), element('div', 'nhsuk-panel__body', number))
  const words = element('p', '', `Write the number down: ${number}. Say it when you ring or write.`)
  const worse = element('p', '', telephone ? `If it gets worse, ring ${telephone}.` : 'If it gets worse, ring the cyber centre.')
  place.replaceChildren(panel, words, worse, link('What happens next', href), link('Report another incident', form.getAttribute('action')))
  panel.scrollIntoView({ block: 'center' })
}

function showWaiting(words) {
  form.hidden = true
  const why = words ?? (navigator.onLine ? 'The centre cannot be reached just now.' : 'There is no network.')
  const kept = load(WAITING) === undefined ? 'Keep this page open: this browser keeps nothing.' : 'It is kept in this browser.'
  say([`Not sent yet. ${why}`, `${kept} It is sent by itself when the network is back, while this page is open. If care is affected, ring.`])
  place.append(button('Send it now', sendWaiting), ' ', button('Change it', change))
}

function change() {
  if (isSending) return
  clearTimeout(timer)
  fill(waiting.body)
  drop()
  form.hidden = false
  place.replaceChildren()
  form.elements.what.focus()
}

/** The number of the last report from this browser, for whoever did not write it down. */
function showLast() {
  const last = load(LAST)
  // oxlint-disable-next-line house/no-reading-the-clock -- a browser has no other clock
  if (last === undefined || Date.now() - last.at > DAY) return
  say([`The last report from this browser has the number ${last.number}.`])
}

function say(lines) {
  const box = element('div', 'app-draft')
  box.append(...lines.map(line => element('p', '', line)))
  place.replaceChildren(box)
}

function valuesOf(source) {
  const values = Object.fromEntries([...new FormData(source)].filter(([name]) => name !== '_csrf'))
  return { ...values, shareWithRegion: values.shareWithRegion ?? '' }
}

function fill(values) {
  for (const [name, value] of Object.entries(values)) {
    const control = form.elements[name]
    if (control === undefined || control.type === 'hidden') continue
    if (control.type === 'checkbox') control.checked = value === 'yes'
    else control.value = value
  }
  window.dispatchEvent(new Event('pageshow'))
}

/** 128 random bits. `randomUUID` is only there behind TLS. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('')
}

function drop() {
  waiting = undefined
  try {
    window.localStorage.removeItem(WAITING)
  } catch {
    // Nothing was kept either.
  }
}

function store(key, value) {
  try {
    window.localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // The page says that this browser keeps nothing.
  }
}

function load(key) {
  try {
    return JSON.parse(window.localStorage.getItem(key) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

function element(name, className, text = '') {
  const made = document.createElement(name)
  made.className = className
  made.textContent = text
  return made
}

function link(text, href) {
  const made = element('a', 'nhsuk-link', text)
  made.href = href
  const line = element('p', '')
  line.append(made)
  return line
}

function button(text, act) {
  const made = element('button', 'nhsuk-button nhsuk-button--secondary nhsuk-button--small', text)
  made.type = 'button'
  made.addEventListener('click', () => act())
  return made
}
