/**
 * Random numbers that are the same for the same seed, quick enough for a million years of losses. For simulation only, never for secrets.
 *
 * - bits: xoshiro128** (Blackman and Vigna 2021, doi:10.1145/3460772), seeded by splitmix32;
 * - normal: the ziggurat of 256 layers (Marsaglia and Tsang 2000, doi:10.18637/jss.v005.i08), layer and place from separate bits (Doornik 2005);
 * - gamma: squeeze (Marsaglia and Tsang 2000, doi:10.1145/358407.358414); beta: two gammas;
 * - Poisson: inversion up to a mean of 30, above it transformed rejection (PTRS, Hörmann 1993, doi:10.1016/0167-6687(93)90997-4).
 */
export interface Random {
  /** 0 < x < 1. */
  uniform(): number
  /** Mean 0, standard deviation 1. */
  normal(): number
  /** `shape` > 0, scale 1. */
  gamma(shape: number): number
  poisson(mean: number): number
}

export function createRandom(seed: number): Random {
  const state = seeded(seed)

  const bits = (): number => {
    const s0 = state[0] ?? 0
    const s1 = state[1] ?? 0
    const s2 = (state[2] ?? 0) ^ s0
    const s3 = (state[3] ?? 0) ^ s1
    const five = Math.imul(s1, 5)
    state[0] = s0 ^ s3
    state[1] = s1 ^ s2
    state[2] = s2 ^ (s1 << 9)
    state[3] = (s3 << 11) | (s3 >>> 21)
    return Math.imul((five << 7) | (five >>> 25), 9)
  }
  // 32 bits, and half of the smallest step so that neither end is reached: logarithms are taken of it.
  const uniform = () => ((bits() >>> 0) + 0.5) * 2 ** -32

  const normal = (): number => {
    for (;;) {
      const layer = bits() & 255
      const place = bits() * 2 ** -31
      const z = place * (EDGES[layer] ?? 0)
      if (Math.abs(z) < (EDGES[layer + 1] ?? 0)) return z
      if (layer === 0) return place < 0 ? -tail() : tail()
      const outer = Math.exp(-0.5 * ((EDGES[layer] ?? 0) ** 2 - z * z))
      const inner = Math.exp(-0.5 * ((EDGES[layer + 1] ?? 0) ** 2 - z * z))
      if (inner + uniform() * (outer - inner) < 1) return z
    }
  }
  const tail = (): number => {
    for (;;) {
      const x = -Math.log(uniform()) / TAIL
      if (-2 * Math.log(uniform()) > x * x) return TAIL + x
    }
  }

  const gamma = (shape: number): number => {
    if (shape < 1) return gamma(shape + 1) * uniform() ** (1 / shape)
    const d = shape - 1 / 3
    const c = 1 / Math.sqrt(9 * d)
    for (;;) {
      const z = normal()
      const root = 1 + c * z
      if (root <= 0) continue
      const v = root * root * root
      const u = uniform()
      const square = z * z
      if (u < 1 - 0.0331 * square * square || Math.log(u) < 0.5 * square + d * (1 - v + Math.log(v))) return d * v
    }
  }

  const poisson = (mean: number): number => {
    if (mean >= 30) return largePoisson(mean, uniform)
    let left = uniform()
    let chance = Math.exp(-mean)
    let count = 0
    // Beyond a thousand the chance has underflowed: u lies in what rounding left out.
    while (left > chance && count < 1000) {
      left -= chance
      count += 1
      chance *= mean / count
    }
    return count
  }

  return { uniform, normal, gamma, poisson }
}

/** Right edge of the ziggurat's base layer, and the area of each layer, for 256 layers. */
const TAIL = 3.6541528853610088
const AREA = 0.00492867323399

const EDGES = ziggurat()

function ziggurat(): Float64Array {
  const edges = new Float64Array(257)
  const density = (x: number) => Math.exp(-0.5 * x * x)
  edges[0] = AREA / density(TAIL)
  let edge = TAIL
  for (let layer = 1; layer < 256; layer += 1) {
    edges[layer] = edge
    edge = Math.sqrt(-2 * Math.log(Math.min(1, AREA / edge + density(edge))))
  }
  return edges
}

/** splitmix32: spreads a small seed over the whole state, which is never all zero. */
function seeded(seed: number): Int32Array {
  let at = seed | 0
  return Int32Array.from({ length: 4 }, () => {
    at = (at + 0x9e3779b9) | 0
    let mixed = Math.imul(at ^ (at >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return mixed ^ (mixed >>> 15)
  })
}

function largePoisson(mean: number, uniform: () => number): number {
  const root = Math.sqrt(mean)
  const b = 0.931 + 2.53 * root
  const a = -0.059 + 0.02483 * b
  const inverse = 1.1239 + 1.1328 / (b - 3.4)
  const quick = 0.9277 - 3.6224 / (b - 2)
  for (;;) {
    const u = uniform() - 0.5
    const v = uniform()
    const us = 0.5 - Math.abs(u)
    const count = Math.floor(((2 * a) / us + b) * u + mean + 0.43)
    if (us >= 0.07 && v <= quick) return count
    if (count < 0 || (us < 0.013 && v > us)) continue
    if (Math.log((v * inverse) / (a / (us * us) + b)) <= count * Math.log(mean) - mean - logFactorial(count)) return count
  }
}

/** ln(n!), by Stirling's series: n is never small here. */
function logFactorial(n: number): number {
  const x = n + 1
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + 1 / (12 * x) - 1 / (360 * x ** 3)
}
