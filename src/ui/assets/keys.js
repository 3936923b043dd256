// Keys: `/` searches, `j` and `k` move through the rows, `?` lists them all; a button or link with `data-key` has its own.
// They can be turned off in that list, as WCAG 2.1.4 asks, and never act while one types. A button with `data-chord` has a key that is
// pressed with Control (Command on a Mac), and acts while one types too.

const OFF = 'carecert.keys-off'

export function listenToKeys(page) {
  for (const button of page.querySelectorAll('dialog [data-closes]')) button.addEventListener('click', () => button.closest('dialog').close())
  page.addEventListener('keydown', event => {
    const chorded = event.ctrlKey !== event.metaKey && !event.altKey ? page.querySelector(`[data-chord="${CSS.escape(event.key)}" i]`) : null
    if (chorded !== null && page.querySelector('dialog[open]') === null) return act(event, () => chorded.click())
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return
    if (event.key === '?') return act(event, () => showKeys(page))
    if (isOff() || page.querySelector('dialog[open]') !== null) return
    if (event.key === '/') return act(event, () => page.getElementById('search-field')?.focus())
    if (event.key === 'j') return act(event, () => moveRow(page, 1))
    if (event.key === 'k') return act(event, () => moveRow(page, -1))
    const target = page.querySelector(`[data-key="${CSS.escape(event.key)}"]`)
    if (target !== null) act(event, () => press(page, target))
  })
}

function act(event, action) {
  event.preventDefault()
  action()
}

function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName))
}

function isOff() {
  try {
    return window.localStorage.getItem(OFF) === 'yes'
  } catch {
    return false
  }
}

/** Opens a panel that asks for a reason and goes into it; does to the row that has the focus what is for rows; presses anything else. */
function press(page, target) {
  const form = target.tagName === 'DIALOG' ? target.querySelector('form[data-row-action]') : target
  if (form?.dataset.rowAction !== undefined) {
    pressForRow(page, target, form)
    return
  }
  if (target.tagName !== 'DETAILS') {
    target.click()
    return
  }
  target.open = true
  target.querySelector('textarea, input:not([type=hidden])')?.focus()
}

/**
 * Sends `data-row-action` of a form to the row that has the focus: its first link, with the action behind it. A dialog asks first.
 * Without such a row the first takes the focus, and nothing is sent: nobody acts on what they have not looked at.
 */
function pressForRow(page, target, form) {
  const row = rowsOf(page).find(one => one.contains(page.activeElement))
  if (row === undefined) {
    moveRow(page, 0)
    return
  }
  const link = row.querySelector('a[href]')
  form.action = `${link.pathname}/${form.dataset.rowAction}`
  if (target === form) {
    form.requestSubmit()
    return
  }
  for (const title of form.querySelectorAll('[data-row-title]')) title.textContent = link.textContent
  target.showModal()
  form.querySelector('textarea, input:not([type=hidden])')?.focus()
}

function rowsOf(page) {
  return [...page.querySelectorAll('table[data-rows] tbody tr')].filter(row => row.querySelector('a[href]') !== null)
}

/** The row of a table that has the focus, or the first; its first link takes the focus. */
function moveRow(page, step) {
  const rows = rowsOf(page)
  if (rows.length === 0) return
  const current = rows.findIndex(row => row.contains(page.activeElement))
  const next = current === -1 ? 0 : Math.min(Math.max(current + step, 0), rows.length - 1)
  rows[next].querySelector('a[href]').focus()
}

function showKeys(page) {
  const existing = page.querySelector('dialog.app-keys')
  if (existing !== null) {
    if (existing.open) existing.close()
    else existing.showModal()
    return
  }
  const dialog = page.createElement('dialog')
  dialog.className = 'app-keys'
  dialog.setAttribute('aria-labelledby', 'keys-heading')
  const heading = element(page, 'h2', 'Keys', 'nhsuk-heading-m')
  heading.id = 'keys-heading'
  dialog.append(heading, keyList(page), offSwitch(page), closeButton(page, dialog))
  page.body.append(dialog)
  dialog.showModal()
}

function keyList(page) {
  const list = page.createElement('dl')
  const own = [...page.querySelectorAll('[data-key]')].map(target => [target.dataset.key, target.dataset.keyLabel ?? target.textContent.trim()])
  const chords = [...page.querySelectorAll('[data-chord]')].map(target => [`Ctrl + ${target.dataset.chord.toUpperCase()}`, target.textContent.trim()])
  for (const [key, meaning] of [['?', 'This list'], ['/', 'Search'], ['j', 'Next row'], ['k', 'Row before'], ...own, ...chords]) {
    const term = page.createElement('dt')
    term.append(element(page, 'kbd', key))
    list.append(term, element(page, 'dd', meaning))
  }
  return list
}

function offSwitch(page) {
  const line = page.createElement('p')
  const label = page.createElement('label')
  const box = page.createElement('input')
  box.type = 'checkbox'
  box.checked = isOff()
  box.addEventListener('change', () => window.localStorage.setItem(OFF, box.checked ? 'yes' : 'no'))
  label.append(box, ' Turn the keys off in this browser')
  line.append(label)
  return line
}

function closeButton(page, dialog) {
  const button = element(page, 'button', 'Close', 'nhsuk-button nhsuk-button--secondary')
  button.type = 'button'
  button.addEventListener('click', () => dialog.close())
  return button
}

function element(page, name, text, className = '') {
  const made = page.createElement(name)
  made.textContent = text
  if (className !== '') made.className = className
  return made
}
