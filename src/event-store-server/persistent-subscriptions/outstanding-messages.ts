/**
 * Messages that some consumer has seen and nobody has dealt with, by the id a consumer names them with.
 *
 * An id may stand for several: event ids are unique in a stream, not in the whole log, and a parked message is replayed
 * under the id it had.
 */
import type { ConsumerSlots } from './consumer-slots.ts'
import type { GroupMessage } from './group-message.ts'

export class OutstandingMessages {
  private readonly byId = new Map<string, GroupMessage | GroupMessage[]>()
  private count = 0

  get size(): number {
    return this.count
  }

  add(message: GroupMessage): void {
    const known = this.byId.get(message.id)
    if (known === undefined) this.byId.set(message.id, message)
    else if (Array.isArray(known)) {
      if (known.includes(message)) return
      known.push(message)
    } else if (known === message) return
    else this.byId.set(message.id, [known, message])
    this.count++
  }

  /** What this consumer has in flight; or what it had, when its answer comes after the time allowed for it. */
  find(id: string, consumer: ConsumerSlots): GroupMessage | undefined {
    const known = this.byId.get(id)
    if (known === undefined) return undefined
    if (!Array.isArray(known)) return hasIt(known, consumer) || hadIt(known, consumer) ? known : undefined
    return known.find((message) => hasIt(message, consumer)) ?? known.find((message) => hadIt(message, consumer))
  }

  remove(message: GroupMessage): void {
    const known = this.byId.get(message.id)
    if (known === undefined) return
    if (!Array.isArray(known)) {
      if (known !== message) return
      this.byId.delete(message.id)
    } else {
      const index = known.indexOf(message)
      if (index < 0) return
      known.splice(index, 1)
      const [only] = known
      if (known.length === 1 && only) this.byId.set(message.id, only)
    }
    this.count--
  }
}

function hasIt({ flight }: GroupMessage, consumer: ConsumerSlots): boolean {
  return flight?.consumer === consumer
}

function hadIt({ earlierConsumers }: GroupMessage, consumer: ConsumerSlots): boolean {
  return earlierConsumers?.has(consumer) === true
}
