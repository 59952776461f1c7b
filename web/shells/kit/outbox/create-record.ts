import { type Accessor, createEffect, createMemo, createSignal, on } from 'solid-js'
import type { OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import { findRecord, type OutboxView } from './outbox-view.ts'

/** One action of this device as it is now: from what the page knows, or, of an older one, from what the device kept. */
export function createRecord(
  id: Accessor<string>,
  outbox: Accessor<OutboxView>,
): Accessor<OutboxRecord | undefined> & { state(): 'loading' | 'found' | 'missing' } {
  const known = createMemo(() => findRecord(outbox(), id()))
  const [kept, setKept] = createSignal<OutboxRecord>()
  const [isMissing, setMissing] = createSignal(false)
  createEffect(
    on([id, () => outbox().isReady()], ([wanted, isReady]) => {
      setKept(undefined)
      setMissing(false)
      if (!isReady || known()) return
      const isStillWanted = () => id() === wanted
      outbox()
        .final(wanted)
        .then(
          (record) => isStillWanted() && setKept(record),
          () => isStillWanted() && setMissing(true),
        )
    }),
  )
  const record = () => known() ?? kept()
  const state = (): 'loading' | 'found' | 'missing' => (record() ? 'found' : isMissing() ? 'missing' : 'loading')
  return Object.assign(record, { state })
}
