/** Which store a command is about: a file, a running server, or the store of this home, whichever way it can be reached. */
import { join, resolve } from 'node:path'
import { loadConfig } from '#config/load-config.ts'
import { findStoreAddresses } from '#config/stores-file.ts'
import { openKurrentStoreOperations } from '#event-store/kurrent/kurrent-store-operations.ts'
import type { StoreOperations } from '#event-store/store-operations.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { systemRandom } from '#kernel/random.ts'
import { resolveHome } from './home-flag.ts'

export type TargetFlags = { readonly home?: string; readonly url?: string }
export type StoreTarget =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'running'; readonly connectionString: string }

/** The file of the embedded store of a home. */
export function storeFileOf(home: string): string {
  return join(home, 'event-store', 'log.db')
}

/** For commands that work on a stopped store. */
export function resolveFile(flags: TargetFlags, words: readonly string[]): string {
  const [file, ...more] = words
  if (more.length > 0) throw new PlatformError('bad-input', `One store at a time: found ${words.join(' ')}.`)
  return file === undefined ? storeFileOf(resolveHome(flags.home)) : resolve(file)
}

/** For commands that work either way: a named file or server, else the running store of this home, else its file. */
export function resolveTarget(flags: TargetFlags, words: readonly string[]): StoreTarget {
  if (flags.url !== undefined && words.length > 0)
    throw new PlatformError('bad-input', 'Give a file or --url, not both.')
  if (words.length > 0) return { kind: 'file', file: resolveFile(flags, words) }
  const connectionString = flags.url ?? findConnectionString(flags)
  return connectionString === undefined
    ? { kind: 'file', file: resolveFile(flags, words) }
    : { kind: 'running', connectionString }
}

/** For commands that need a running store. */
export function resolveServer(flags: TargetFlags): string {
  const found = flags.url ?? findConnectionString(flags)
  if (found !== undefined) return found
  const home = resolveHome(flags.home)
  throw new PlatformError(
    'unavailable',
    `No event store runs in ${home}, and none is configured: start it with "bun run up", or say --url kurrentdb://host:port?tls=false.`,
  )
}

/** What logic is configured to use, else what runs in the home. */
function findConnectionString(flags: TargetFlags): string | undefined {
  const home = resolveHome(flags.home)
  const configured = loadConfig({ role: 'logic', home }).values.eventStore.connectionString
  return configured || findStoreAddresses(home).eventStore
}

/** Operates a running store for as long as `work` takes. */
export async function withOperations<T>(
  connectionString: string,
  work: (operations: StoreOperations) => Promise<T>,
): Promise<T> {
  const connecting = { connectionString, log: silentLog, clock: systemClock, random: systemRandom }
  const operations = await openKurrentStoreOperations(connecting)
  try {
    return await work(operations)
  } finally {
    await operations.close()
  }
}
