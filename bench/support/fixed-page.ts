import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

/** The limit of every server of pages: `fixed-page.ts PORT FILE TYPE` answers whatever is asked with one file that it holds, by bare node:http. */
const [port = '', file = '', type = ''] = process.argv.slice(2)
const body = readFileSync(file)
const headers = { 'content-type': type, 'content-length': body.length }
createServer((_request, response) => response.writeHead(200, headers).end(body)).listen(Number(port), '127.0.0.1', () => console.log('It listens'))
