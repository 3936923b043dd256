/** A decision point and its version, and its values in their order, each key with its English name. */
const REGISTERED: readonly string[] = [
  'ssvc E 1.0.0: N None, P PoC, A Active',
  'ssvc E 1.1.0: N None, P Public PoC, A Active',
  'ssvc A 2.0.0: N No, Y Yes',
  'ssvc TI 1.0.0: P Partial, T Total',
  'ssvc MI 1.0.0: N None, NED Non-Essential Degraded, MSC MEF Support Crippled, MEF MEF Failure, MF Mission Failure',
  'ssvc MI 2.0.0: D Degraded, MSC MEF Support Crippled, MEF MEF Failure, MF Mission Failure',
  'ssvc SI 1.0.0: N None, M Minor, J Major, H Hazardous, C Catastrophic',
  'ssvc SI 2.0.0: N Negligible, M Marginal, R Critical, C Catastrophic',
  'ssvc SI 2.0.1: N Negligible, M Marginal, R Critical, C Catastrophic',
  'ssvc PSI 2.0.0: M Minimal, S Significant',
  'ssvc PSI 2.0.1: M Minimal, S Significant',
  'ssvc HI 2.0.2: L Low, M Medium, H High, VH Very High',
  'ssvc VD 1.0.0: D Diffuse, C Concentrated',
  'ssvc U 1.0.1: L Laborious, E Efficient, S Super Effective',
  'ssvc EXP 1.0.0: S Small, C Controlled, U Unavoidable',
  'ssvc EXP 1.0.1: S Small, C Controlled, O Open',
  'ssvc PWI 1.1.0: M Minimal, MA Material, I Irreversible',
  'ssvc MWI 1.0.0: L Low, M Medium, H High',
  'ssvc SC 1.0.0: O One, M Multiple',
  'ssvc SCON 1.0.0: N No, Y Yes',
  'ssvc DSOI 1.0.0: D Defer, S Scheduled, O Out-of-Cycle, I Immediate',
  'cisa CISA 1.1.0: T Track, T* Track*, AT Attend, AC Act',
  'cisa KEV 1.0.0: N No, Y Yes',
  'cisa MP 1.0.0: M Minimal, S Support, E Essential',
  'cvss AC 3.0.0: H High, L Low',
  'cvss AC 3.0.1: H High, L Low',
]

type Values = readonly (readonly [key: string, name: string])[]

/** As much of the register of SSVC as is known here (https://certcc.github.io/SSVC/): by base namespace and key, by version, the oldest first. */
export const POINTS: ReadonlyMap<string, ReadonlyMap<string, Values>> = new Map(
  [...Map.groupBy(REGISTERED.map(parsed), ({ point }) => point)].map(([point, versions]) => [
    point,
    new Map(versions.map(({ version, values }) => [version, values])),
  ]),
)

function parsed(line: string): { readonly point: string; readonly version: string; readonly values: Values } {
  const [, point = '', version = '', values = ''] = /^(\S+ \S+) (\S+): (.+)$/.exec(line) ?? []
  return {
    point,
    version,
    values: values.split(', ').map(value => [value.slice(0, value.indexOf(' ')), value.slice(value.indexOf(' ') + 1)] as const),
  }
}
