import { createFakeClock, type FakeClock } from '#kernel/clock.ts'
import type { PushedAction } from '#vortex/client/vortex-client.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import { createMemoryDisk, type MemoryDisk, openMemoryDeviceStore } from '../../device-store/memory-device-store.ts'
import { settle } from '../../testing/settle.ts'
import { createOutbox } from '../create-outbox.ts'
import type { NewAction, Outbox, OutboxNudge, OutboxTransport } from '../outbox.ts'

export type Sent = { readonly action: PushedAction; readonly body: string; answer(answer: Answer): void }

/** A device whose pages can be opened and closed, with one connection that a test answers by hand. */
export function createTestDevice(options: { disk?: MemoryDisk; clock?: FakeClock } = {}) {
  const clock = options.clock ?? createFakeClock(1_000_000)
  const disk = options.disk ?? createMemoryDisk()
  const channels = new Set<(nudge: OutboxNudge) => void>()
  const sent: Sent[] = []
  const stateListeners = new Set<() => void>()
  let state: ReturnType<OutboxTransport['state']> = { is: 'online' }
  let uuidCount = 0

  const makeUuid = () => `00000000-0000-4000-8000-${String(++uuidCount).padStart(12, '0')}`

  return {
    clock,
    disk,
    sent,
    makeUuid,
    /** As another page would, or one that is gone meanwhile. */
    tellOfPush: (seq: number) => {
      for (const hear of channels) hear({ t: 'pushed', seq, token: makeUuid() })
    },
    setState: (next: ReturnType<OutboxTransport['state']>) => {
      state = next
      for (const listener of stateListeners) listener()
    },
    answer: async (index: number, answer: Answer) => {
      sent[index]?.answer(answer)
      await settle()
    },
    openPage: ({ isSender = true, isDeaf = false, build = '1' } = {}) => {
      const store = openMemoryDeviceStore(disk)
      const roleListeners = new Set<() => void>()
      let hear: ((nudge: OutboxNudge) => void) | undefined
      let isLeading = isSender
      let isAlive = true
      const outbox = createOutbox({
        store,
        clock,
        random: () => 0.5,
        makeUuid,
        user: 'ada',
        build,
        transport: {
          state: () => state,
          onState: (listener) => {
            stateListeners.add(listener)
            return () => stateListeners.delete(listener)
          },
          act: (action, body) => new Promise((resolve) => sent.push({ action, body, answer: resolve })),
        },
        role: {
          isSender: () => isLeading,
          onRole: (listener) => {
            roleListeners.add(listener)
            return () => roleListeners.delete(listener)
          },
        },
        channel: {
          post: (nudge) => {
            if (isAlive) for (const other of channels) if (other !== hear) queueMicrotask(() => other(nudge))
          },
          onNudge: (listener) => {
            hear = (nudge) => isDeaf || listener(nudge)
            channels.add(hear)
            return () => void (hear && channels.delete(hear))
          },
        },
      })
      return {
        outbox,
        store,
        setSender: async (next: boolean) => {
          isLeading = next
          for (const listener of roleListeners) listener()
          await settle()
        },
        /** Without a word: what was not written is not. */
        kill: () => {
          isAlive = false
          store.close()
          outbox.close()
        },
      }
    },
  }
}

export type TestDevice = ReturnType<typeof createTestDevice>

let actionCount = 0

export function toTestAction(lane: string, more: Partial<NewAction> = {}): NewAction {
  const title = more.title ?? `Do ${++actionCount}`
  return { name: 'test.DoIt', version: 1, body: '{}', lane, entityId: lane, title, ...more }
}

export async function pushAll(outbox: Outbox, ...actions: readonly NewAction[]) {
  const records = []
  for (const action of actions) records.push((await outbox.push(action)).record)
  await settle()
  return records
}
