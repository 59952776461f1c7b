import type { OutboxSignals } from './outbox/outbox-signals.ts'
import { usePeek } from './peek-context.ts'

/** What people did on this device and what became of it, as signals; and what a person may decide about it. */
export function useOutbox(): OutboxSignals {
  return usePeek('useOutbox').outboxSignals
}
