import { createResource } from 'solid-js'
import { usePeek } from '#web/sdk/peek-context.ts'

/** Whether this browser keeps what people do here, and whether it ever took it away. */
export type DeviceStoreFacts = {
  /** True until it is known not to be so: a warning that comes and goes helps nobody. */
  isDurable(): boolean
  /** When the browser was found to have cleared what was kept. */
  lostAt(): number | undefined
}

export function useDeviceStore(): DeviceStoreFacts {
  const { store, storageLife } = usePeek('useDeviceStore')
  const [opened] = createResource(() => store.opened().catch(() => undefined))
  const [life] = createResource(() => storageLife)
  return {
    // `latest`: nobody waits for it.
    isDurable: () => opened.latest?.isDurable ?? true,
    lostAt: () => life.latest?.lostAt,
  }
}
