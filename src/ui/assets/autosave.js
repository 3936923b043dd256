// Keeps what is typed in a form with `data-autosave`, in this browser only, until the server has it.
// - Kept for each person and organisation apart, and for a week at most; signing out clears everything.
// - Never kept: passwords, files, hidden fields.
// - Put back when the form is as it was when the typing began; offered when someone else has changed it since.
// - Gone with the next page that says it was done (`data-saved`).

const PREFIX = 'carecert.draft.'
const WEEK = 7 * 24 * 3_600_000
const PAUSE = 400

export function keepDrafts(page) {
  const store = openStore()
  if (store === undefined) return
  dropOld(store)
  for (const form of page.querySelectorAll('[data-clears-drafts]')) form.addEventListener('submit', () => dropWhere(store, () => true))
  if (page.querySelector('[data-saved]') !== null) dropWhere(store, draft => draft.sent === true)
  for (const form of page.querySelectorAll('form[data-autosave]')) keep(store, page, form)
}

function keep(store, page, form) {
  const key = `${PREFIX}${owner(page)}.${form.dataset.autosave}`
  const shown = read(form)
  const draft = load(store, key)
  // A form that comes back with its faults shows what was typed already.
  const hasFaults = page.querySelector('.nhsuk-error-summary') !== null
  let base = draft !== undefined && hasFaults ? draft.base : shown

  if (draft !== undefined && !hasFaults) {
    if (same(draft.values, shown)) store.removeItem(key)
    else if (same(draft.base, shown)) {
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
      note(form, `You typed something here at ${timeOf(draft.at)} that was not saved, and this has been changed since.`, [
        ['Put back what I typed', () => write(form, draft.values)],
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
  // oxlint-disable-next-line house/no-reading-the-clock -- a browser has no other clock
  const save = sent => store.setItem(key, JSON.stringify({ values: read(form), base, at: Date.now(), sent }))
  form.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(() => save(false), PAUSE)
  })
  form.addEventListener('submit', () => {
    clearTimeout(timer)
    save(true)
  })
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
function read(form) {
  return controls(form).map(item => [item.name, isTick(item) ? item.checked && item.value : item.value])
}

function write(form, values) {
  const items = controls(form)
  if (items.length !== values.length) return
  items.forEach((item, index) => {
    const value = values[index][1]
    if (isTick(item)) item.checked = value !== false
    else item.value = value
  })
  // The NHS scripts show and hide what depends on a choice when a page is shown again.
  window.dispatchEvent(new Event('pageshow'))
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
