import { runCommandLine } from './app/cli.ts'

process.exitCode = await runCommandLine(process.argv.slice(2), process)
