// A mail server for trying things out: prints every message that it is given, and passes none on.
//
//     node tools/print-mail.mjs [PORT]        1025 unless said
import { buffer } from 'node:stream/consumers'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'

const port = Number(process.argv[2] ?? 1025)

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  disableReverseLookup: true,
  async onData(stream, session, done) {
    const { subject, text } = await PostalMime.parse(await buffer(stream))
    process.stdout.write(`\n━━ To: ${session.envelope.rcptTo.map(({ address }) => address).join(', ')}\n━━ Subject: ${subject}\n\n${text}\n`)
    done()
  },
})
server.on('error', error => process.stderr.write(`${error.message}\n`))
server.listen(port, '127.0.0.1', () => process.stdout.write(`Mail for 127.0.0.1:${port} is printed here. Stop with Ctrl-C.\n`))
