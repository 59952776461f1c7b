import type { KeptTexts } from '../device-id.ts'
import type { DeviceStore } from './device-store.ts'

/** One life of what a device keeps: it ends when the browser takes it away. */
export type StorageLife = {
  readonly id: string
  readonly since: number
  /** When it was found that an earlier life had ended, and with it all that waited then. */
  readonly lostAt?: number
}

const factName = 'storage-life'
const keyOf = (name: string): string => `peek.storage-life.${name}`

/**
 * The canary: a browser that is short of room takes a whole database away, and says nothing. A mark in another place, which
 * is smaller and stays longer, remembers that there was one. Undefined for a store that does not outlive the page.
 */
export async function readStorageLife(options: {
  readonly name: string
  readonly store: Pick<DeviceStore, 'facts' | 'opened'>
  readonly kept: () => KeptTexts | undefined
  readonly makeUuid: () => string
  readonly now: number
}): Promise<StorageLife | undefined> {
  try {
    const { isDurable } = await options.store.opened()
    return isDurable ? await readLife(options) : undefined
  } catch {
    // A store that is closed has its page say so.
    return undefined
  }
}

async function readLife({
  name,
  store,
  kept,
  makeUuid,
  now,
}: Parameters<typeof readStorageLife>[0]): Promise<StorageLife> {
  const known = await store.facts.get(factName)
  if (isStorageLife(known)) {
    mark(kept, name, known.id)
    return known
  }
  const isLost = hasMark(kept, name)
  const life: StorageLife = { id: makeUuid(), since: now, ...(isLost && { lostAt: now }) }
  await store.facts.set(factName, life)
  mark(kept, name, life.id)
  return life
}

function isStorageLife(value: unknown): value is StorageLife {
  return typeof value === 'object' && value !== null && 'id' in value && 'since' in value
}

function hasMark(kept: () => KeptTexts | undefined, name: string): boolean {
  try {
    return kept()?.getItem(keyOf(name)) != null
  } catch {
    return false
  }
}

function mark(kept: () => KeptTexts | undefined, name: string, id: string): void {
  try {
    kept()?.setItem(keyOf(name), id)
  } catch {
    // A browser that keeps no texts: then nobody can tell.
  }
}
