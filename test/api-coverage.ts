/**
 * What pages can do and operations of the JSON API cannot, with the reason. Two kinds need no line here: the form of a POST that an operation does, and the
 * CSV of a list that an operation gives.
 */
export const NEEDS_NONE: Readonly<Record<string, string>> = {
  'GET /bulletins/:number/chart/:file': 'A drawing of figures that operations give as numbers.',
  'GET /bulletins/:number/edit': 'The form of writing; what it shows is the bulletin.',
  'GET /bulletins/:number/renditions/:kind': 'How a message will look to people.',
  'POST /bulletins/:number/preview': 'The same.',
  'POST /bulletins/new/preview': 'The same.',
  'POST /bulletins/:number/audience/count': 'The preview of an audience gives the same, and the names.',
  'GET /bulletins/:number/frozen-audience.csv': 'The recipients of a released bulletin are those of its frozen audience.',
  'GET /bulletins/:number/tasks.csv': 'The tasks of a bulletin are given by its operation.',
  'POST /bulletins/:number/tasks/list': 'A pasted list of counts, which an operation takes as they are.',
  'GET /webhooks/:id/log.csv': 'The messages of a webhook have their operation.',
  'GET /bulletins/:number/telephone.csv': 'Paper for the day on which there is no network; the list itself has its operation.',
  'POST /tokens/:id/revoke': 'Tokens are looked after by people who are signed in, never by a token.',
  'GET /tokens': 'The same.',
}

/** What no operation does yet. It may only become shorter: a line whose operation is there fails the test, and so does a page without a line. */
export const NOT_YET: readonly string[] = [
  'GET /sharing-groups',
  'POST /sharing-groups/add',
  'GET /sharing-groups/:id',
  'GET /sharing-groups/:id/members.csv',
  'POST /sharing-groups/:id/members',
  'POST /sharing-groups/:id/remove',
  'POST /sharing-groups/:id/end',
  'GET /feed-addresses',
  'POST /feed-addresses/add',
  'POST /feed-addresses/:id/end',
]

/** Routes under `/api/v1` that are no operations, with the reason. */
export const NO_OPERATIONS: Readonly<Record<string, string>> = {
  'GET /api/v1/bulletins/:number/progress': 'Figures for the page that is open, in the shape that its script shows.',
  'GET /api/v1/bulletins/:number/events': 'The same, as they change: server-sent events, which OpenAPI 3.1 cannot describe.',
  'POST /api/v1/hooks/notify': 'Receipts of GOV.UK Notify, in its own shape and with its own token.',
}
