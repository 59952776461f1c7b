import { type Edition, parseEdition } from '../kit/offline/edition.ts'

/**
 * The editions on this device: a cache each, named by the id, with the edition itself as the last entry that is written.
 *
 * Promises: an edition is found only when all of it was there and whole at the moment it was put on the shelf. The state
 * is one small entry, written in one step. What was read once is remembered as long as the worker runs.
 */
export interface EditionShelf {
  state(): Promise<ShelfState>
  /** Each change is made of the state that the one before it left. */
  change(next: (state: ShelfState) => ShelfState): Promise<void>
  find(id: string): Promise<KeptEdition | undefined>
  /** The files of an edition, also of one that is not complete yet. */
  files(id: string): Promise<FileCache>
  /** Puts it on the shelf: every file of it is here. */
  complete(edition: Edition, savedAt: number): Promise<void>
  /** Every edition there is a cache for, complete or not. */
  ids(): Promise<readonly string[]>
  remove(id: string): Promise<void>
  /** A file under an address that holds its hash is the same whichever edition it came with. */
  findAnywhere(path: string): Promise<Response | undefined>
}

export type KeptEdition = { readonly edition: Edition; readonly savedAt: number }

export type ShelfState = {
  /** What pages open with. */
  readonly current?: string
  /** What the server serves, fetched, and not agreed to yet. */
  readonly waiting?: string
  readonly confirmedAt?: number
  /** What the server served when it was last asked, fetched or not, and the plugins it had enabled. */
  readonly served?: string
  readonly enabled?: readonly string[]
}

/** What this needs of a `Cache` and of `caches`. */
export type FileCache = {
  match(url: string): Promise<Response | undefined>
  put(url: string, response: Response): Promise<void>
  delete(url: string): Promise<boolean>
}
export type FileCaches = {
  open(name: string): Promise<FileCache>
  keys(): Promise<string[]>
  delete(name: string): Promise<boolean>
  match(url: string, within?: { readonly cacheName: string }): Promise<Response | undefined>
}

const prefix = 'peek.edition.'
const stateCache = 'peek.editions'
/** No address of the app: the page is `/`, and nothing else begins with two of them. */
const recordUrl = '/~/edition'
const stateUrl = '/~/state'

/** Runs a piece of work while no other worker of this origin runs one. */
export type Alone = <T>(work: () => Promise<T>) => Promise<T>

export function createEditionShelf(caches: FileCaches, alone: Alone = (work) => work()): EditionShelf {
  const opened = new Map<string, Promise<FileCache>>()
  const found = new Map<string, KeptEdition>()
  let known: ShelfState | undefined
  let changing: Promise<unknown> = Promise.resolve()

  function open(name: string): Promise<FileCache> {
    const known = opened.get(name)
    if (known) return known
    const cache = caches.open(name)
    opened.set(name, cache)
    cache.catch(() => opened.delete(name))
    return cache
  }
  const files = (id: string) => open(prefix + id)
  const readKept = async () => parseState(await readJson(await (await open(stateCache)).match(stateUrl)))
  const readState = async () => {
    known ??= await readKept()
    return known
  }

  return {
    files,
    findAnywhere: (path) => caches.match(path),
    state: readState,
    change: (next) => {
      // A worker that was replaced comes to the end of its work beside the next one: what is remembered may be old.
      const change = async () => {
        const state = next(await readKept())
        await (await open(stateCache)).put(stateUrl, Response.json(state))
        known = state
      }
      const changed = changing.then(() => alone(change))
      changing = changed.catch(() => undefined)
      return changed
    },
    find: async (id) => {
      const remembered = found.get(id)
      if (remembered) return remembered
      // Opening a cache makes it: one that is not there, or is being removed, must not come to be an empty one.
      const kept = parseKept(await readJson(await caches.match(recordUrl, { cacheName: prefix + id })))
      if (kept) found.set(id, kept)
      return kept
    },
    complete: async (edition, savedAt) => {
      await (await files(edition.id)).put(recordUrl, Response.json({ edition, savedAt }))
      found.set(edition.id, { edition, savedAt })
    },
    ids: async () =>
      (await caches.keys()).filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)),
    remove: async (id) => {
      found.delete(id)
      opened.delete(prefix + id)
      await caches.delete(prefix + id)
    },
  }
}

async function readJson(response: Response | undefined): Promise<unknown> {
  return response?.json().catch(() => undefined)
}

function parseKept(found: unknown): KeptEdition | undefined {
  if (typeof found !== 'object' || found === null || !('edition' in found) || !('savedAt' in found)) return undefined
  const edition = parseEdition(found.edition)
  return edition && typeof found.savedAt === 'number' ? { edition, savedAt: found.savedAt } : undefined
}

/** Another build of this worker may have written it: what is not understood counts as not there. */
function parseState(found: unknown): ShelfState {
  if (typeof found !== 'object' || found === null) return {}
  const { current, waiting, confirmedAt, served, enabled } = found as Record<keyof ShelfState, unknown>
  return {
    ...(typeof current === 'string' && { current }),
    ...(typeof waiting === 'string' && { waiting }),
    ...(typeof confirmedAt === 'number' && { confirmedAt }),
    ...(typeof served === 'string' && { served }),
    ...(Array.isArray(enabled) && { enabled: enabled.filter((one) => typeof one === 'string') }),
  }
}
