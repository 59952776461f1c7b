import type { Device } from '#vortex/protocol/device-tuples.ts'
import { deviceKey } from '#vortex/protocol/devices-report.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { acknowledgedSeqOf, type KnownDevice, leftOn } from './known-device.ts'

/** A device as administrators see it. */
export function toDeviceRow(
  known: KnownDevice,
  {
    builds,
    online,
  }: {
    /** Those that ran here, the first one first. */
    readonly builds: readonly string[]
    /** Where it is connected now. */
    readonly online: readonly { readonly service: string; readonly contacts: ReadonlySet<string> }[]
  },
): TupleOf<typeof Device> {
  const {
    storageId: _storageId,
    answeredSeq: _answeredSeq,
    endedSeq: _endedSeq,
    unsentCount: _unsentCount,
    ...shown
  } = known
  const place = builds.indexOf(known.build)
  return {
    ...shown,
    id: deviceKey(known),
    versionsBehind: place < 0 ? null : builds.length - 1 - place,
    isOnline: online.length > 0,
    services: [...new Set(online.map(({ service }) => service))].toSorted(),
    connectionCount: online.reduce((sum, { contacts }) => sum + contacts.size, 0),
    acknowledgedSeq: acknowledgedSeqOf(known),
    leftCount: leftOn(known),
  }
}
