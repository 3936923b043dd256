import type { Role } from '../../kernel/role.ts'

/** Who may do what with feeds. The feed of an organisation shows what its own members may read, up to TLP:GREEN: they say which programs read it. */
export const PERMISSIONS: Readonly<Record<string, readonly Role[]>> = {
  'interop.feed-address.keep': ['cyber-lead', 'partner-responder'],
}
