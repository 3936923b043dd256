// Trying an operation of the API from its page. The page works without this script: the line to copy does the same.
// A token that is pasted is sent with this one request and kept nowhere; without one, the session of whoever is signed in is used.
const place = document.querySelector('[data-api-try]')
const form = place?.querySelector('form')

if (place && form) {
  place.hidden = false
  form.addEventListener('submit', event => {
    event.preventDefault()
    void send()
  })
}

async function send() {
  const status = place.querySelector('[data-api-status]')
  const shown = place.querySelector('[data-api-answer]')
  shown.hidden = true
  const button = form.querySelector('button')
  button.disabled = true
  status.textContent = 'Sending …'
  try {
    const answer = await fetch(addressOf(), requestOf())
    const left = answer.headers.get('ratelimit')
    status.textContent = `${answer.status} ${answer.statusText}${left === null ? '' : ` · ${left}`}`
    const text = await answer.text()
    shown.textContent = readable(text)
    shown.hidden = text === ''
  } catch {
    status.textContent = 'It could not be sent. Check the network, and try again.'
  } finally {
    button.disabled = false
  }
}

function addressOf() {
  const query = new URLSearchParams()
  let path = form.dataset.path
  for (const [name, value] of new FormData(form)) {
    if (name.startsWith('path-')) path = path.replace(`:${name.slice('path-'.length)}`, encodeURIComponent(value))
    else if (name.startsWith('query-') && value !== '') query.append(name.slice('query-'.length), value)
  }
  return query.size === 0 ? path : `${path}?${query}`
}

function requestOf() {
  const { method, csrf } = form.dataset
  const token = form.elements.namedItem('token').value.trim()
  const body = form.elements.namedItem('body')?.value.trim() ?? ''
  const headers = { accept: 'application/json' }
  if (token !== '') headers.authorization = `Bearer ${token}`
  else if (method !== 'GET') headers['x-csrf-token'] = csrf
  if (body !== '') headers['content-type'] = 'application/json'
  // With a token the session stays out of it: what is shown is what the program would see.
  return { method, headers, credentials: token === '' ? 'same-origin' : 'omit', ...(body === '' ? {} : { body }) }
}

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return text
  }
}
