#!/usr/bin/env node
// Runs CareCERT on a current Node. On an older one it starts again on the Node that npm installed beside it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const OLDEST = [22, 18]
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) {
  await import('../src/main.ts')
} else {
  const current = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
  if (!existsSync(current)) {
    console.error(`CareCERT needs Node ${OLDEST.join('.')} or later; this is ${process.versions.node}. Run \`npm ci\`, or install a current Node.`)
    process.exit(2)
  }
  const child = spawn(current, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1))
}
