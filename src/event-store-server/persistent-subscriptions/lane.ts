/** Messages waiting for the same consumer, or for any: those to be tried again first. */
import { Fifo } from './fifo.ts'
import type { GroupMessage } from './group-message.ts'

export class Lane {
  readonly retry = new Fifo<GroupMessage>()
  readonly fresh = new Fifo<GroupMessage>()

  /** The next one that is still pending: an acknowledgement may have come late, when it waited for its retry already. */
  shift(): GroupMessage | undefined {
    for (let message = this.retry.shift(); message; message = this.retry.shift())
      if (message.state === 'pending') return message
    return this.fresh.shift()
  }

  drain(kind: 'retry' | 'fresh'): GroupMessage[] {
    const drained: GroupMessage[] = []
    for (let message = this[kind].shift(); message; message = this[kind].shift())
      if (message.state === 'pending') drained.push(message)
    return drained
  }
}
