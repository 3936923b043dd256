export * from '../no-var/example.ts'
