// A slider beside a field that takes an amount: `data-slides` on what holds both gives how far it goes for an amount of none. It has no name, so no form ever
// sends it: it writes into the field, as typing would. Without a script the field is typed.

const STEPS = 100

export function offerSliders(page) {
  for (const part of page.querySelectorAll('[data-slides]')) offer(part, part.querySelector('input'))
}

function offer(part, field) {
  if (field === null) return
  const slider = document.createElement('input')
  slider.type = 'range'
  slider.className = 'app-slider'
  slider.setAttribute('aria-label', `${part.querySelector('label')?.textContent.trim() ?? ''}: slide`)
  const follow = () => {
    const amount = Number(field.value.replaceAll(/[£,\s]/g, ''))
    if (!Number.isFinite(amount) || amount < 0) return
    if (amount > Number(slider.max) || slider.max === '') slider.max = String(roundAbove(2 * amount) || part.dataset.slides)
    slider.step = String(Number(slider.max) / STEPS)
    slider.value = String(amount)
  }
  slider.addEventListener('input', () => {
    field.value = Number(slider.value).toLocaleString('en-GB')
    slider.setAttribute('aria-valuetext', field.value)
  })
  field.addEventListener('input', follow)
  field.form?.addEventListener('app:written', follow)
  window.addEventListener('pageshow', follow)
  follow()
  field.insertAdjacentElement('afterend', slider)
}

/** The next 1, 2 or 5 and noughts: 600,000 gives 1,000,000. */
function roundAbove(amount) {
  if (amount === 0) return 0
  const noughts = 10 ** Math.floor(Math.log10(amount))
  return noughts * ([1, 2, 5].find(first => first * noughts >= amount) ?? 10)
}
