import { describeError } from '#kernel/platform-error.ts'
import type { DeviceEdge } from '../gateway/device-edge.ts'
import { holdingsOf } from '../gateway/holdings.ts'
import type { ServiceContext } from '../run-role.ts'
import { makeStatusReport } from '../status-report.ts'
import type { StatusBoard } from './status-board.ts'

const everyMs = 2_000

/** Logic's own line on the status board: the other services report over the link, logic to itself. */
export function startOwnReport(options: {
  context: ServiceContext<'logic'>
  board: StatusBoard
  edge: DeviceEdge
  url: () => string | undefined
}): { stop(): void } {
  const { board, edge, url } = options
  const { identity, meter, clock, log } = options.context
  let cancel = (): void => undefined
  const report = (): void => {
    try {
      const found = makeStatusReport({ identity, meter, url, holdings: () => holdingsOf(edge) })
      board.takeReport(identity.id, JSON.stringify(found))
    } catch (error) {
      log.error(`logic could not report on itself: ${describeError(error)}`)
    }
    cancel = clock.after(everyMs, report)
  }
  report()
  return { stop: () => cancel() }
}
