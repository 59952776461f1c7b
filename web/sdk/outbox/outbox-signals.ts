import { createSignal, getOwner, onCleanup } from 'solid-js'
import type { OutboxRecord } from '../device-store/outbox-record.ts'
import type { Outbox, OutboxStatus } from './outbox.ts'

/** The outbox for screens: as before, and what changes by itself as signals. */
export interface OutboxSignals
  extends Pick<Outbox, 'history' | 'final' | 'waitsFor' | 'retry' | 'resend' | 'discard' | 'dependants'> {
  /** What the store held has been read. */
  isReady(): boolean
  /** Those without an end, those that need attention, and the last of the others, in the order pushed. */
  records(): readonly OutboxRecord[]
  status(): OutboxStatus
}

/**
 * Follows an outbox until its owner ends. Thousands of actions end one by one while a device drains: the list is read again
 * once a frame at most.
 */
export function createOutboxSignals(outbox: Outbox): OutboxSignals {
  const [records, setRecords] = createSignal<readonly OutboxRecord[]>(outbox.list())
  const [status, setStatus] = createSignal(outbox.status())
  const [isReady, setReady] = createSignal(false)
  let isAwaited = false
  const readAgain = (): void => {
    if (isAwaited) return
    isAwaited = true
    setTimeout(() => {
      isAwaited = false
      setRecords(outbox.list())
    }, frameMs)
  }
  const stops = [outbox.onChange(readAgain), outbox.onStatus(setStatus)]
  const stop = (): void => {
    for (const stopOne of stops) stopOne()
  }
  void outbox.ready().then(() => {
    setRecords(outbox.list())
    setStatus(outbox.status())
    setReady(true)
  })
  if (getOwner()) onCleanup(stop)
  return {
    history: outbox.history,
    final: outbox.final,
    waitsFor: outbox.waitsFor,
    retry: outbox.retry,
    resend: outbox.resend,
    discard: outbox.discard,
    dependants: outbox.dependants,
    isReady,
    records,
    status,
  }
}

/** Of a screen; pages out of sight are not drawn, and still want to know. */
const frameMs = 16
