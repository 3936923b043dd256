// Keeps what is typed in a form with `data-autosave`, in this browser only, until the server has it.
// - Kept for each person and organisation apart, and for a week at most; signing out clears everything.
// - Never kept: passwords, files, hidden fields.
// - Put back when the form is as it was when the typing began; offered when someone else has changed it since.
// - Gone with the next page that says it was done (`data-saved`). A button with `data-keeps-draft` sends the form and saves nothing.
// - An element `data-autosave-state` in the form says when it was kept.

const PREFIX = 'carecert.draft.'
const WEEK = 7 * 24 * 3_600_000
const PAUSE = 400
const NOT_KEPT = 'This browser keeps nothing of what you type: save often.'

export function keepDrafts(page) {
  const store = openStore()
  if (store === undefined) {
    for (const form of page.querySelectorAll('form[data-autosave]')) say(form, NOT_KEPT)
    return
  }
  dropOld(store)
  for (const form of page.querySelectorAll('[data-clears-drafts]')) form.addEventListener('submit', () => dropWhere(store, () => true))
  if (page.querySelector('[data-saved]') !== null) dropWhere(store, draft => draft.sent === true)
  for (const form of page.querySelectorAll('form[data-autosave]')) keep(store, page, form)
}

/** Drops what is kept of a form, because the server has it. */
export function forgetDraft(page, form) {
  openStore()?.removeItem(keyOf(page, form))
}

function keyOf(page, form) {
  return `${PREFIX}${owner(page)}.${form.dataset.autosave}`
}

function keep(store, page, form) {
  const key = keyOf(page, form)
  // As the server sent it: a browser that reloads or goes back fills the fields in again by itself.
  const shown = read(form, asSent)
  const draft = load(store, key)
  // A form that comes back, with its faults or to be looked at, shows what was typed already.
  const isTyped = form.dataset.typed !== undefined || page.querySelector('.nhsuk-error-summary') !== null
  let base = draft !== undefined && isTyped ? draft.base : shown
  let isOffered = false
  say(form, draft === undefined ? 'What you type is kept in this browser. Save to share it.' : keptWords(draft.at))

  if (draft !== undefined && !isTyped) {
    if (same(draft.values, shown)) store.removeItem(key)
    else if (same(draft.base, shown) && hasRoomFor(form, draft.values)) {
      write(form, draft.values)
      note(form, `What you typed at ${timeOf(draft.at)} has been put back.`, [
        [
          'Discard it',
          () => {
            write(form, shown)
            store.removeItem(key)
          },
        ],
      ])
    } else {
      base = draft.base
      isOffered = true
      const why = same(draft.base, shown) ? 'was not saved, and has more rows than are here' : 'was not saved, and this has been changed since'
      note(form, `You typed something here at ${timeOf(draft.at)} that ${why}.`, [
        ['Put back what I typed', () => putBack(form, draft.values)],
        [
          'Discard it',
          () => {
            base = shown
            store.removeItem(key)
          },
        ],
      ])
    }
  }

  let timer
  const save = sent => {
    // oxlint-disable-next-line house/no-reading-the-clock -- a browser has no other clock
    const at = Date.now()
    try {
      store.setItem(key, JSON.stringify({ values: read(form), base, at, sent }))
      say(form, keptWords(at))
    } catch {
      say(form, NOT_KEPT)
    }
  }
  form.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(() => save(false), PAUSE)
  })
  form.addEventListener('submit', event => {
    clearTimeout(timer)
    save(event.submitter?.dataset.keepsDraft === undefined)
  })
  // Typed before this script ran.
  if (!isOffered && !same(read(form), load(store, key)?.values ?? shown)) save(false)
}

function openStore() {
  try {
    return window.localStorage
  } catch {
    return undefined
  }
}

function owner(page) {
  return page.querySelector('[data-owner]')?.dataset.owner ?? 'nobody'
}

function load(store, key) {
  try {
    return JSON.parse(store.getItem(key) ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}

function dropOld(store) {
  // oxlint-disable-next-line house/no-reading-the-clock -- a browser has no other clock
  dropWhere(store, draft => Date.now() - draft.at > WEEK)
}

function dropWhere(store, condition) {
  for (const key of Object.keys(store).filter(name => name.startsWith(PREFIX))) {
    const draft = load(store, key)
    if (draft === undefined || condition(draft)) store.removeItem(key)
  }
}

function controls(form) {
  return [...form.elements].filter(
    item => item.name && !item.disabled && !['hidden', 'password', 'file', 'submit', 'button'].includes(item.type) && item.tagName !== 'FIELDSET',
  )
}

/** Every control in order: its text, or whether it is ticked. */
function read(form, valueOf = current) {
  return controls(form).map(item => [item.name, valueOf(item)])
}

function current(item) {
  return isTick(item) ? item.checked && item.value : item.value
}

function asSent(item) {
  if (isTick(item)) return item.defaultChecked && item.value
  if (item.tagName !== 'SELECT') return item.defaultValue
  return ([...item.options].find(option => option.defaultSelected) ?? item.options[0])?.value ?? ''
}

/** Fills in the controls by their names; several of one name in their order. Gives what has no control here. */
function write(form, values) {
  const rest = [...values]
  for (const item of controls(form)) {
    const index = rest.findIndex(([name]) => name === item.name)
    if (index === -1) continue
    const [[, value]] = rest.splice(index, 1)
    if (isTick(item)) item.checked = value !== false
    else item.value = value
  }
  // The NHS scripts show and hide what depends on a choice when a page is shown again.
  window.dispatchEvent(new Event('pageshow'))
  form.dispatchEvent(new CustomEvent('app:written'))
  return rest.filter(([, value]) => value !== false && value !== '')
}

function hasRoomFor(form, values) {
  const names = new Set(controls(form).map(item => item.name))
  return values.every(([name]) => names.has(name))
}

/** Where rows are missing, the server is asked for the form with all of them: its preview shows whatever it is sent. */
function putBack(form, values) {
  const rest = write(form, values)
  const button = form.querySelector('button[formaction][data-keeps-draft]')
  if (rest.length === 0 || button === null) return
  for (const [name, value] of rest) {
    const input = document.createElement('input')
    Object.assign(input, { type: 'hidden', name, value })
    form.append(input)
  }
  form.requestSubmit(button)
}

function isTick(item) {
  return item.type === 'checkbox' || item.type === 'radio'
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other)
}

function timeOf(millis) {
  return new Intl.DateTimeFormat('en-GB', { hour: 'numeric', minute: '2-digit', weekday: 'long', timeZone: 'Europe/London' }).format(millis)
}

function keptWords(millis) {
  const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'Europe/London' })
  return `Kept in this browser at ${clock.format(millis)}. Save to share it.`
}

function say(form, words) {
  const state = form.querySelector('[data-autosave-state]')
  if (state !== null && state.textContent !== words) state.textContent = words
}

function note(form, words, choices) {
  const box = document.createElement('div')
  box.className = 'app-draft'
  box.setAttribute('role', 'status')
  const text = document.createElement('p')
  text.textContent = words
  box.append(text)
  for (const [label, act] of choices) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'nhsuk-button nhsuk-button--secondary nhsuk-button--small'
    button.textContent = label
    button.addEventListener('click', () => {
      act()
      box.remove()
    })
    box.append(button, ' ')
  }
  form.before(box)
}
