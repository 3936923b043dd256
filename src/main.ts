import { runCommandLine } from './app/cli.ts'

// Whoever wants the beginning alone, as `| head` does, closes the pipe. The rest is not missed, and what the command does is done to its end.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })

process.exitCode = await runCommandLine(process.argv.slice(2), process)
