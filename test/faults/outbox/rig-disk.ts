import { PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import { DeviceFull, type DeviceStore } from '#web/sdk/device-store/device-store.ts'
import { type MemoryDisk, openMemoryDeviceStore } from '#web/sdk/device-store/memory-device-store.ts'
import type { MachineClock, ProcessClock } from './virtual-time.ts'

/** How the disk of a device behaves; a schedule changes it under way. */
export type DiskMood = {
  /** The part of writes for which there is no room. */
  fullChance: number
}

export interface RigDisk {
  readonly disk: MemoryDisk
  readonly mood: DiskMood
  /** A handle of one page: slow, and gone with the page; what the page had asked for just before may happen, or not. */
  open(process: ProcessClock): DeviceStore
}

/** All that is asked of one disk is done in the order asked, as a database does it, whichever tab asks. */
export function createRigDisk(options: { disk: MemoryDisk; machine: MachineClock; random: Random }): RigDisk {
  const { disk, machine, random } = options
  const mood: DiskMood = { fullChance: 0 }
  let lastAt = 0

  const open = (process: ProcessClock): DeviceStore => {
    const store = openMemoryDeviceStore(disk)
    let isClosed = false
    const ask = <T>(work: () => Promise<T>, isWrite: boolean): Promise<T> =>
      new Promise((resolve, reject) => {
        if (process.isDead) return
        const isFull = isWrite && random() < mood.fullChance
        lastAt = Math.max(lastAt, machine.elapsed() + random() * 10)
        machine.after(lastAt - machine.elapsed(), () => {
          if (process.isDead && !(isWrite && random() < 0.5)) return
          if (isClosed) return reject(new PlatformError('unavailable', 'This handle is closed.'))
          if (isFull) return reject(new DeviceFull())
          const answer = (tell: () => void): void => void process.after(random() * 4, tell)
          work().then(
            (result) => answer(() => resolve(result)),
            (error: unknown) => answer(() => reject(error)),
          )
        })
      })
    return {
      ...store,
      isDurable: true,
      outbox: slowly(store.outbox, ask),
      cache: slowly(store.cache, ask),
      facts: slowly(store.facts, ask),
      close: () => {
        isClosed = true
      },
    }
  }

  return { disk, mood, open }
}

const writes: readonly string[] = ['put', 'change', 'update', 'prune', 'write', 'remove', 'evict', 'takeOver', 'set']

/** Each question goes through `ask`. */
function slowly<S extends object>(store: S, ask: <T>(work: () => Promise<T>, isWrite: boolean) => Promise<T>): S {
  const slow = Object.entries(store).map(([name, work]: [string, (...args: unknown[]) => Promise<unknown>]) => [
    name,
    (...args: unknown[]) => ask(() => work(...args), writes.includes(name)),
  ])
  return Object.fromEntries(slow) as S
}
