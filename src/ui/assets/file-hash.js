// Works out the SHA-256 of a file in the browser. The file is never sent: its input has no name, and only the hash goes into the field
// that `data-hash-into` names. Without a script the field is typed.

export function offerFileHashes(page) {
  if (globalThis.crypto?.subtle === undefined) return
  for (const offer of page.querySelectorAll('[data-hash-into]')) {
    const [input, state] = [offer.querySelector('input'), offer.querySelector('[data-hash-state]')]
    offer.hidden = false
    input.addEventListener('change', () => void hash(input.files[0], page.getElementById(offer.dataset.hashInto), state))
  }
}

async function hash(file, field, state) {
  if (file === undefined || field === null) return
  state.textContent = 'Working it out…'
  try {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))
    field.value = Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
    state.textContent = `Done: the SHA-256 of ${file.name} is in the field. The file was not sent.`
  } catch {
    state.textContent = 'This file could not be read. Type its SHA-256 into the field.'
  }
}
