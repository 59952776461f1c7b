import { type Accessor, createSignal, onCleanup } from 'solid-js'

/** The browser's storage for this address, as it told last. */
export type StorageFacts = {
  readonly usedBytes?: number | undefined
  readonly quotaBytes?: number | undefined
  /** Whether the browser promises not to clear it by itself; undefined where it does not say. */
  readonly isPersistent?: boolean | undefined
}

export type DeviceStorage = {
  readonly facts: Accessor<StorageFacts>
  /** Asks the browser to keep it for good; some ask the person. Resolves with what it said. */
  askToPersist(): Promise<boolean>
  refresh(): void
}

const lookAgainMs = 15_000

/** Looks at the storage now, and again now and then while somebody does. */
export function createDeviceStorage(storage: StorageManager | undefined = navigator.storage): DeviceStorage {
  const [facts, setFacts] = createSignal<StorageFacts>({})
  const refresh = (): void => void look(storage).then(setFacts, () => undefined)
  refresh()
  const timer = setInterval(refresh, lookAgainMs)
  onCleanup(() => clearInterval(timer))
  return {
    facts,
    refresh,
    askToPersist: async () => {
      const isGranted = (await storage?.persist?.()) ?? false
      refresh()
      return isGranted
    },
  }
}

/** Absent on insecure origins, and in parts in older browsers. */
async function look(storage: StorageManager | undefined): Promise<StorageFacts> {
  const [estimate, isPersistent] = await Promise.all([storage?.estimate?.(), storage?.persisted?.()])
  return { usedBytes: estimate?.usage, quotaBytes: estimate?.quota, isPersistent }
}
