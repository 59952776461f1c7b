import { backOffMs } from '#kernel/back-off.ts'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import { createStopSignal } from '../../stop-signal.ts'
import type { LogicCore } from '../logic-core.ts'
import type { DeviceLedger } from './device-ledger.ts'
import { createDeviceTable } from './device-table.ts'

/** Gives the ledger of devices the database that this logic leads with, each time it begins to lead, until it has read it. */
export function keepDevices(options: {
  core: Pick<LogicCore, 'sql' | 'state' | 'onState'>
  ledger: DeviceLedger
  clock: Clock
  random: Random
  log: Log
}): { stop(): Promise<void> } {
  const { core, ledger, clock, random, log } = options
  const signal = createStopSignal(clock)
  let leadership = 0
  let reading: Promise<void> = Promise.resolve()

  const read = async (mine: number): Promise<void> => {
    for (let attempt = 0; mine === leadership && !signal.isStopped; attempt++) {
      const sql = core.sql()
      try {
        return await ledger.lead(sql && createDeviceTable(sql))
      } catch (error) {
        if (attempt === 0) log.warning(`the devices cannot be read yet: ${describeError(error)}`)
        await signal.pause(backOffMs(attempt, random))
      }
    }
  }
  const stopListening = core.onState(() => {
    reading = read(++leadership)
  })

  return {
    stop: async () => {
      stopListening()
      signal.stop()
      ledger.stop()
      await reading
    },
  }
}
