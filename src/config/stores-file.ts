/**
 * `<home>/run/stores.json`: where the stores that run in this home can be reached.
 *
 * Written by `up` and `stores` while they run, removed when they stop; read by a role that has no address configured, so
 * that `bun run worker` beside a running `bun run up` just works.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { LoadedConfig } from './load-config.ts'
import { writePrivateFile } from './private-file.ts'

export type StoreAddresses = { readonly databaseUrl: string; readonly eventStore: string }

const storesPath = (home: string): string => join(home, 'run', 'stores.json')

export function saveStoreAddresses(home: string, addresses: StoreAddresses): void {
  writePrivateFile(storesPath(home), `${JSON.stringify(addresses, null, 2)}\n`)
}

export function removeStoreAddresses(home: string): void {
  rmSync(storesPath(home), { force: true })
}

export function findStoreAddresses(home: string): Partial<StoreAddresses> {
  const file = storesPath(home)
  const found = existsSync(file) ? tryParseJson(readFileSync(file, 'utf8')) : undefined
  if (!isJsonObject(found)) return {}
  const { databaseUrl, eventStore } = found
  return {
    ...(typeof databaseUrl === 'string' ? { databaseUrl } : {}),
    ...(typeof eventStore === 'string' ? { eventStore } : {}),
  }
}

/** Configured, else that of the stores running in this home; refused when there is neither. */
export function getDatabaseUrl(config: LoadedConfig<'logic' | 'worker'>): string {
  const configured = config.values.storage.connectUrl
  const url = configured || findStoreAddresses(config.home).databaseUrl
  if (url) return url
  throw nothingConfigured(config.file, 'storage.connectUrl', 'DATABASE_URL', 'PostgreSQL')
}

/** The same for the event store's connection string. */
export function getEventStoreAddress(config: LoadedConfig<'logic' | 'worker' | 'field' | 'office'>): string {
  const configured = config.values.eventStore.connectionString
  const address = configured || findStoreAddresses(config.home).eventStore
  if (address) return address
  throw nothingConfigured(config.file, 'eventStore.connectionString', 'PEEK_EVENT_STORE', 'event store')
}

function nothingConfigured(file: string, key: string, variable: string, store: string): PlatformError {
  return new PlatformError(
    'bad-configuration',
    `No ${store} to use: "${key}" in ${file} is empty, ${variable} is not set, and no embedded one runs in this home. Start "bun run up" or "bun run stores", or configure one.`,
    { facts: { file, key } },
  )
}
