/** What one consumer has in hand, and whether it can take more. */
import type { GroupMessage } from './group-message.ts'
import { LinkedList, type ListEntry } from './linked-list.ts'

/** What unacknowledged events of one consumer may occupy; one event may always be in flight, whatever its size. */
const inFlightBytesMax = 32 * 1_048_576

export class ConsumerSlots {
  readonly id: string
  readonly slotCount: number
  /** In the order they were delivered, so the first is the first to time out. */
  readonly inFlight = new LinkedList<GroupMessage>()
  private inFlightBytes = 0
  /** Its connection takes nothing more at the moment. */
  isBlocked = false
  /** Kept by the dispatcher: stands in its queue of consumers. */
  isQueued = false
  isGone = false

  constructor(id: string, slotCount: number) {
    this.id = id
    this.slotCount = slotCount
  }

  get hasRoom(): boolean {
    if (this.isGone || this.isBlocked || this.inFlight.size >= this.slotCount) return false
    return this.inFlightBytes < inFlightBytesMax
  }

  take(message: GroupMessage): ListEntry<GroupMessage> {
    this.inFlightBytes += message.record.length
    return this.inFlight.add(message)
  }

  release(entry: ListEntry<GroupMessage>): void {
    this.inFlightBytes -= entry.value.record.length
    this.inFlight.remove(entry)
  }
}
