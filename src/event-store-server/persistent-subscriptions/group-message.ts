/** One event on its way through a group: from where it was read to the moment somebody has dealt with it. */
import type { ConsumerSlots } from './consumer-slots.ts'
import type { ListEntry } from './linked-list.ts'

export type NewMessage = {
  /** What consumers acknowledge: the id of the event, or of the link when the group reads links. */
  readonly id: string
  /** Read from the group's source, or again from where it was parked. */
  readonly origin: 'source' | 'parked'
  /** In what it was read from: a position, a revision, or a revision of the parked stream. */
  readonly place: number
  /** Where the event itself stands, for a link to it. */
  readonly streamName: string
  readonly revision: number
  /** Messages of one bucket go to one consumer, where the strategy pins. */
  readonly bucket: number
  /** The protocol's answer to a read of it, links resolved. */
  readonly record: Buffer
  /** Where `record` shows the event a link leads to. */
  readonly link?: ResolvedLink
  /** Read from the tail as it was appended, not from history. */
  readonly isLive: boolean
}

export type ResolvedLink = {
  /** The link as it is stored. */
  readonly stored: Buffer
  /** Not everybody who may read links may read what they lead to. */
  readonly targetStream: string
}

/**
 * pending -> in-flight -> handled, with ways back to `pending` (retry) and on to `parking`: asked to be parked, and not
 * handled before that is on the disk.
 */
export type MessageState = 'pending' | 'in-flight' | 'parking' | 'handled'

export type GroupMessage = NewMessage & {
  /** Grows in the order the messages came into the group. */
  readonly sequence: number
  state: MessageState
  retryCount: number
  /** Where its progress is kept until it is handled. */
  progress: ListEntry<UnhandledPlace>
  flight: Flight | undefined
  /** Somebody has seen it: it goes before what is new, and can be acknowledged late. */
  wasOut: boolean
  /** Who had it and did not answer in time. */
  earlierConsumers: Set<ConsumerSlots> | undefined
}

export type UnhandledPlace = {
  /** Everything up to here was read before it. */
  readonly previousPlace: number
}

export type Flight = {
  readonly consumer: ConsumerSlots
  readonly entry: ListEntry<GroupMessage>
  readonly deliveredAt: number
}
