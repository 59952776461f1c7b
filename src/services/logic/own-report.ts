import { describeError } from '#kernel/platform-error.ts'
import type { PartStatus } from '#plugin-host/parts/parts-host.ts'
import type { CallFigureRow } from '#rpc/call-figures.ts'
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
  rpcs: () => readonly CallFigureRow[]
  parts: () => readonly PartStatus[]
  url: () => string | undefined
}): { stop(): void } {
  const { board, edge, rpcs, parts, url } = options
  const { identity, meter, clock, log, supervisor } = options.context
  let cancel = (): void => undefined
  const report = (): void => {
    try {
      const holdings = () => holdingsOf(edge)
      const isSupervised = supervisor !== undefined
      const about = { identity, meter, url, holdings, rpcs, parts, isSupervised, roundTripMs: null }
      const found = makeStatusReport(about)
      board.takeReport(identity.id, JSON.stringify(found))
    } catch (error) {
      log.error(`logic could not report on itself: ${describeError(error)}`)
    }
    cancel = clock.after(everyMs, report)
  }
  report()
  return { stop: () => cancel() }
}
