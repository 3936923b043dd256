import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

/** The limit of every server of pages: `fixed-page.ts PORT FILE TYPE` answers whatever is asked with one file that it holds, by bare node:http; with 304 who says that they hold it. */
const [port = '', file = '', type = ''] = process.argv.slice(2)
const body = readFileSync(file)
const headers = { 'content-type': type, 'content-length': body.length }
createServer((request, response) =>
  request.headers['if-none-match'] === undefined ? response.writeHead(200, headers).end(body) : response.writeHead(304).end(),
).listen(Number(port), '127.0.0.1', () => console.log('It listens'))
