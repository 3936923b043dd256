// Registers and uses passkeys, with the browser bundle of SimpleWebAuthn. A form with `data-passkey` ("register" or
// "authenticate") asks `data-passkey-options` for the options, puts the browser's answer into its field `credential` as JSON,
// and posts itself, so that the outcome is a page like any other.

const WORDS = {
  register: 'The passkey was not made. You can try again, or use a password and a code instead.',
  authenticate: 'The passkey was not used. You can try again, or sign in with a password and a code.',
}

export function offerPasskeys(page) {
  for (const form of page.querySelectorAll('form[data-passkey]')) offer(form)
}

function offer(form) {
  const button = form.querySelector('button')
  if (window.PublicKeyCredential === undefined) {
    button.disabled = true
    say(form, 'This browser cannot use passkeys.')
    return
  }
  form.addEventListener('submit', async event => {
    if (form.elements.credential.value !== '') return
    event.preventDefault()
    button.disabled = true
    try {
      await import('./simplewebauthn.js')
      form.elements.credential.value = JSON.stringify(await ceremony(form))
      form.submit()
    } catch (error) {
      button.disabled = false
      say(form, error instanceof Refused ? error.message : WORDS[form.dataset.passkey])
    }
  })
}

class Refused extends Error {}

async function ceremony(form) {
  const answer = await fetch(form.dataset.passkeyOptions, {
    method: 'POST',
    credentials: 'same-origin',
    headers: { accept: 'application/json', 'content-type': 'application/json', 'x-csrf-token': form.elements.namedItem('_csrf').value },
    body: '{}',
  })
  if (!answer.ok)
    throw new Refused(answer.status === 429 ? 'Too many tries. Wait a minute, then try again.' : 'This page is out of date. Reload it and try again.')
  const optionsJSON = await answer.json()
  const { startRegistration, startAuthentication } = window.SimpleWebAuthnBrowser
  return form.dataset.passkey === 'register' ? startRegistration({ optionsJSON }) : startAuthentication({ optionsJSON })
}

function say(form, words) {
  const state = form.querySelector('[role=status]') ?? form.appendChild(document.createElement('p'))
  state.setAttribute('role', 'status')
  state.textContent = words
}
