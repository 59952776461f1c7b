import type { Device } from '#vortex/protocol/device-tuples.ts'
import type { Row } from '#vortex/protocol/row.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'

export type DeviceView = TupleOf<typeof Device>
export type ContactView = {
  readonly id: string
  readonly app: string
  readonly user: string
  readonly service: string
  readonly address: string
  readonly build: string
  readonly from: number
  /** Of one that is open: when that was last written down. */
  readonly until: number
}

/** The devices that were ever heard of. Rejects with `unavailable` while this logic does not lead. */
export interface DeviceControl {
  devices(): readonly DeviceView[]
  /** The latest first. */
  contactsOf(device: string): Promise<readonly ContactView[]>
  /** What its people asked for help with. */
  helpOf(device: string): Promise<readonly Row[]>
  /** What is known of it goes. Rejects with `not-found`, or `bad-input` while it is connected. */
  forget(device: string): Promise<void>
}
