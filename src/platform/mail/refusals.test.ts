import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { startSmtpSink } from '../../../test/support/smtp-sink.ts'
import { createMailTransport, type MailMessage } from './transport.ts'

const sink = await startSmtpSink()
const MESSAGE: MailMessage = {
  to: { name: 'On call', address: 'on-call@hospital.example' },
  subject: 'x',
  text: 'x',
  html: '<p>x</p>',
  messageId: 'del_1.1@example.org',
}

test('what a refusal means: a policy, a sender and a sign-in are ours to mend', async () => {
  const transport = createMailTransport(sink.url, 'centre@example.org')
  const refused = async (code: number, words: string) => {
    sink.manner = () => ({ code, words })
    return transport.send(MESSAGE)
  }
  const refusals = [
    [550, '5.1.1 No such user', true, 'address'],
    [550, 'No such user', true, 'address'],
    [452, '4.2.2 Mailbox full', false, 'address'],
    [550, '5.7.1 Not from you', false, 'ours'],
    [550, 'relay not permitted', false, 'ours'],
    [552, '5.3.4 Too large', true, 'ours'],
    [451, '4.3.0 Later', false, 'ours'],
    [421, 'Too many connections', false, 'service'],
  ] as const
  for (const [code, words, permanent, fault] of refusals)
    assert.deepEqual(await refused(code, words), { ok: false, permanent, fault, words: `${code} ${words}` })
  sink.manner = () => 'take'
  transport.close()
  const gone = createMailTransport('smtp://127.0.0.1:1', 'centre@example.org')
  const unheard = await gone.send(MESSAGE)
  assert.deepEqual([unheard.ok, !unheard.ok && unheard.permanent, !unheard.ok && unheard.fault], [false, false, 'service'])
  gone.close()
})

test('words of a server that no database takes are left out', async () => {
  const server = createServer(socket => {
    socket.write('220 odd.example\r\n')
    socket.on('data', line => void socket.write(String(line).startsWith('RCPT') ? '550 5.1.1 No\0such \u202euser\r\n' : '250 Good\r\n'))
    socket.on('error', () => {})
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const odd = createMailTransport(`smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, 'centre@example.org')
  assert.equal((await odd.send(MESSAGE)).words, '550 5.1.1 Nosuch user')
  odd.close()
  server.close()
})
