/** Milliseconds that the body takes. */
export async function timed(body: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await body()
  return performance.now() - start
}

/**
 * Measures by turns, `rounds` times each after `warmUps` that do not count: what disturbs the machine for a while disturbs
 * all of them. Each contender prepares what it needs and gives its own figure, milliseconds or a rate. The answer has the
 * figures by name, in the order of the rounds.
 */
export async function byTurns<Name extends string>(
  contenders: Readonly<Record<Name, () => Promise<number>>>,
  rounds: number,
  warmUps: number,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(contenders) as Name[]
  const figures = Object.fromEntries(names.map(name => [name, []])) as unknown as Record<Name, number[]>
  for (let round = 1 - warmUps; round <= rounds; round += 1) {
    for (const name of names) {
      const figure = await contenders[name]()
      if (round > 0) figures[name].push(figure)
    }
  }
  return figures
}
