/** The way to the admin API for every command that needs it. */
import { loadConfig } from '#config/load-config.ts'
import { findLogicAddress, toLocalUrl } from '#config/logic-address.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { findRememberedPort } from '#services/supervisor/ports.ts'
import { type AdminClient, signIn } from './admin-client.ts'
import { resolveHome } from './home-flag.ts'

/** Flags that every one of them has. */
export const clientFlags = { home: 'text', url: 'text', json: 'toggle' } as const
export type ClientFlags = { readonly home?: string; readonly url?: string; readonly json?: true }

/**
 * Signs in at `--url`, or to the logic of this home: where it runs, else where it is configured to, else where it ran.
 */
export async function openAdmin(flags: Omit<ClientFlags, 'json'>): Promise<AdminClient> {
  const home = resolveHome(flags.home)
  const { host, httpServer } = loadConfig({ role: 'logic', home }).values
  const { sitePort, recoveryUser } = httpServer.admin
  if (flags.url !== undefined) return signIn(flags.url, recoveryUser)
  const running = findLogicAddress(home)
  if (running !== undefined) return signIn(running, recoveryUser)
  const port = sitePort || findRememberedPort(home, 'logic')
  if (port !== undefined) return signIn(toLocalUrl(host, port), recoveryUser)
  const words = `No logic has run in ${home} yet, so its address is not known: start it with "bun run up", or say --url URL.`
  throw new PlatformError('unavailable', words)
}
