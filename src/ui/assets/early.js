// Runs before anything is drawn, so that pages do not jump: tells the style sheets that scripts run here.
document.body.classList.add('js-enabled')
if ('noModule' in HTMLScriptElement.prototype) document.body.classList.add('nhsuk-frontend-supported')
