import { PlatformError } from '#kernel/platform-error.ts'
import { type CacheStore, type FactStore, ownerFact } from '../device-store/device-store.ts'

/**
 * The device's kept rows, as far as they are for whoever is here: until the connection has said who that is, for the one the
 * device knew last. What one person may see, or one with other roles, is not for the next.
 *
 * Promises: nothing is read or written but what the store says is theirs, in the same step. Where it cannot be made theirs, or
 * it is not known whose it is, nothing is kept and nothing of what is kept is shown; `meet` tries again.
 */
export interface OwnedCache {
  readonly store: CacheStore
  /** Who is here, as far as it is known. */
  owner(): string | undefined
  /** The connection says who is here. */
  meet(owner: string): void
  /** Tries again what failed when they were met. */
  tryAgain(): void
  /** Whether the device keeps rows for who is here; another page may have found somebody else. */
  isOurs(): Promise<boolean>
}

export function createOwnedCache(options: {
  readonly store: CacheStore
  readonly facts: Pick<FactStore, 'get'>
  /** Somebody else is here than until now: nothing that was shown is for them. */
  onOther(): void
  /** What lay there before has gone. */
  onTaken(): void
}): OwnedCache {
  const { store, facts } = options
  let owner: string | undefined
  let hasFailed = false
  let isMet = false
  /** Undefined: nothing of what is kept is theirs. */
  let admitted: Promise<string | undefined> = readOwner().then(
    (found) => {
      if (!isMet) owner = found
      return found
    },
    () => undefined,
  )

  return {
    owner: () => owner,
    meet: (next) => {
      if (isMet && next === owner) return tryAgain()
      const before = owner
      isMet = true
      owner = next
      admitted = takeOver(next)
      if (before !== undefined && before !== next) options.onOther()
    },
    tryAgain,
    isOurs: async () => {
      const asker = owner
      const found = await readOwner()
      return found !== undefined && found === owner && (asker === undefined || asker === owner)
    },
    store: {
      ...store,
      read: (key) => ifOurs(undefined, (theirs) => store.read(key, theirs)),
      readHead: (key) => ifOurs(undefined, (theirs) => store.readHead(key, theirs)),
      heads: () => ifOurs([], () => store.heads()),
      write: (write) => ifOurs(false, (theirs) => store.write({ ...write, owner: theirs })),
      // In the order asked: what is to go must not overtake what was to be written before.
      remove: (keys) => admit(undefined).then(() => store.remove(keys)),
      evict: (keys) => admit(undefined).then(() => store.evict(keys)),
    },
  }

  async function readOwner(): Promise<string | undefined> {
    const found = await facts.get(ownerFact)
    return typeof found === 'string' ? found : undefined
  }

  function tryAgain(): void {
    if (hasFailed && owner !== undefined) admitted = takeOver(owner)
  }

  async function takeOver(next: string): Promise<string | undefined> {
    hasFailed = false
    try {
      if ((await readOwner()) === next) return next
      // In vain, it may be for want of room: at least what is there goes, and then there is some.
      await store.takeOver(next).catch(() => removeAll().then(() => store.takeOver(next)))
      options.onTaken()
      return next
    } catch {
      if (owner === next) hasFailed = true
      return undefined
    }
  }

  async function removeAll(): Promise<void> {
    await store.remove((await store.heads()).map(({ key }) => key))
  }

  /** For whoever is here from the question to the answer: what is under way when that changes ends here. */
  async function ifOurs<T>(otherwise: T, work: (theirs: string) => Promise<T>): Promise<T> {
    const asker = owner
    const theirs = await admit(asker)
    if (theirs === undefined) return otherwise
    try {
      return await work(theirs)
    } finally {
      if (owner !== theirs) refuseOther()
    }
  }

  async function admit(asker: string | undefined): Promise<string | undefined> {
    for (;;) {
      const asked = admitted
      const theirs = await asked
      if (asker !== undefined && asker !== owner) refuseOther()
      if (asked === admitted) return theirs
    }
  }
}

function refuseOther(): never {
  throw new PlatformError(
    'unavailable',
    'Somebody else uses this app now: what was kept for the one before is not theirs.',
  )
}
