import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { ICruiseOptions, ICruiseResult } from 'dependency-cruiser'
import configuration from '../.dependency-cruiser.mjs'

/**
 * dependency-cruiser reads TypeScript through the compiler's JavaScript interface, which TypeScript 7 does not have.
 * It is therefore shown TypeScript 6, installed beside 7 under its own name. Without this it would see no `.ts` file at
 * all and find nothing wrong; test/arch/architecture.test.ts would notice.
 */
registerHooks({
  resolve(specifier, context, nextResolve) {
    const asks = context.parentURL?.includes('/dependency-cruiser/') === true && /^typescript($|\/)/.test(specifier)
    return nextResolve(asks ? specifier.replace('typescript', 'typescript-6') : specifier, context)
  },
})

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The folders of this repository that the rules of `.dependency-cruiser.mjs` are about. */
const FOLDERS = ['src', 'migrations', 'test', 'tools', 'bench']

/** Reads every import below `root` and holds it against the rules of `.dependency-cruiser.mjs`. */
export async function cruiseTree(root: string = ROOT, folders: readonly string[] = FOLDERS): Promise<ICruiseResult> {
  const { cruise } = await import('dependency-cruiser')
  const { forbidden, options } = configuration
  const result = await cruise([...folders], { ...options, ruleSet: { forbidden }, validate: true, baseDir: root } as ICruiseOptions)
  if (typeof result.output === 'string') throw new Error(`dependency-cruiser answered in words: ${result.output}`)
  return result.output
}
