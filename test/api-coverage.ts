/**
 * What pages can do and operations of the JSON API cannot, with the reason. Two kinds need no line here: the form of a POST that an operation does, and the
 * CSV of a list that an operation gives.
 */
export const NEEDS_NONE: Readonly<Record<string, string>> = {
  'GET /benchmark/objectives.svg': 'A drawing of figures that an operation gives as numbers.',
  'GET /benchmark/figures.csv': 'The figures of a release are given by its operation.',
  'GET /bulletins/:number/chart/:file': 'A drawing of figures that operations give as numbers.',
  'GET /bulletins/:number/edit': 'The form of writing; what it shows is the bulletin.',
  'POST /bulletins/:number/preview': 'How a message will look to people.',
  'POST /bulletins/new/preview': 'The same.',
  'POST /bulletins/:number/audience/count': 'The preview of an audience gives the same, and the names.',
  'GET /bulletins/:number/frozen-audience.csv': 'The recipients of a released bulletin are those of its frozen audience.',
  'GET /bulletins/:number/tasks.csv': 'The tasks of a bulletin are given by its operation.',
  'POST /bulletins/:number/tasks/list': 'A pasted list of counts, which an operation takes as they are.',
  'GET /bulletins/:number/telephone.csv': 'Paper for the day on which there is no network; the list itself has its operation.',
  'GET /bulletins/:number/telephone/paper': 'The same, as it is printed.',
  'POST /tokens/:id/revoke': 'Tokens are looked after by people who are signed in, never by a token.',
  'GET /tokens': 'The same.',
  'GET /assessments/:id/outcomes.csv': 'The outcomes of a review are given by the operation of its page.',
  'GET /assessments/:id/outcomes/:code/status': 'The part of a page that follows each answer; its operation gives the same.',
  'GET /assessments/:id/levels.svg': 'A drawing of figures that operations give as numbers.',
  'GET /assessments/:id/trend.svg': 'The same.',
  'GET /assessments/:id/sheet': 'The form of a file of answers; an operation takes them as JSON.',
  'GET /assessments/:id/sheet.csv': 'The answers of each outcome have their operation; a program sends and takes them as JSON.',
  'GET /assessments/:id/sheet.xlsx': 'The answers of each outcome have their operation; a program sends and takes them as JSON.',
  'GET /catalogue': 'It leads to the improvements.',
  'GET /catalogue/:part/all.csv': 'The entries of the catalogue are given by their operation.',
  'GET /investment/:id/own': 'The forms of what is added; a case is given with what was added by its operation.',
  'GET /investment/:id/answers/:answer/frontier.svg': 'A drawing of figures that an operation gives as numbers.',
  'GET /investment/:id/answers/:answer/exceedance.svg': 'The same.',
  'GET /investment/:id/answers/:answer/savings.svg': 'The same.',
  'GET /investment/:id/answers/:answer/progress': 'The operation of the case says whether its study is done.',
  'GET /investment/:id/answers/:answer/problem.json': 'The certificate has the problem beside it.',
  'GET /report-incident-worker.js': 'A script of a page.',
  'GET /': 'It puts together what stands in lists that have operations.',
}

/** Whatever lies under these is for people alone, with the reason. */
export const FOR_PEOPLE: Readonly<Record<string, string>> = {
  '/account': 'How people sign in, and the tokens of their programs, are looked after by people.',
  '/sign-in': 'The same.',
  '/sign-out': 'The same.',
  '/interrupted': 'The same.',
  '/invitation': 'The same.',
  '/recover': 'The same.',
  '/recovery': 'The same.',
  '/r': 'A link in a mail, for a person without an account; a program answers by the number of the bulletin.',
  '/u': 'The same.',
  '/sign': 'The same.',
  '/mailbox': 'The built-in mailbox of the sample sector.',
  '/report-incident': 'The form of what an operation takes, and the pages around it.',
  '/public': 'What is for everybody leaves as CSAF, as feeds and by CAP.',
  '/cap': 'The same.',
  '/api': 'The page that describes the operations.',
}

/** Routes under `/api/v1` that are no operations, with the reason. */
export const NO_OPERATIONS: Readonly<Record<string, string>> = {
  'GET /api/v1/bulletins/:number/progress': 'Figures for the page that is open, in the shape that its script shows.',
  'GET /api/v1/bulletins/:number/events': 'The same, as they change: server-sent events, which OpenAPI 3.1 cannot describe.',
  'POST /api/v1/hooks/notify': 'Receipts of GOV.UK Notify, in its own shape and with its own token.',
}
