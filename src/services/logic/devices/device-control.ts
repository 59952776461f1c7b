import type { DeviceControl } from '#admin/device-control.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { helpRequestName } from '#vortex/protocol/help-request.ts'
import { adminRole } from '#vortex/protocol/principal.ts'
import type { LogicCore } from '../logic-core.ts'
import type { DeviceLedger } from './device-ledger.ts'

/** The ledger of devices, and what their people asked for, for the admin API. */
export function createDeviceControl(core: Pick<LogicCore, 'snapshots'>, ledger: DeviceLedger): DeviceControl {
  return {
    devices: () => [...ledger.rows()],
    contactsOf: ledger.contactsOf,
    helpOf: async (device) => {
      const snapshots = core.snapshots()
      if (!snapshots) throw new PlatformError('unavailable', 'Logic does not lead just now. Try again shortly.')
      const by = { user: 'peek', device: 'logic', service: 'logic', roles: [adminRole] }
      return (await snapshots.snapshot(helpRequestName, { device }, by)).rows
    },
    forget: async (device) => void (await ledger.forget(device)),
  }
}
