import loader, { type Highs } from 'highs'

let loading: Promise<Highs> | undefined

/** The solver HiGHS as WebAssembly, loaded once in this thread. Its calls hold the thread up: outside tests and benchmarks only the worker has it. */
export function loadHighs(): Promise<Highs> {
  // The package's types are written for `require`; what `import` gives is the loader itself.
  loading ??= (loader as unknown as () => Promise<Highs>)()
  return loading
}
