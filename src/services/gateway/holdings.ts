import { type Holdings, noHoldings } from '../status-report.ts'
import type { DeviceEdge } from './device-edge.ts'

const connectionsReportedMax = 500

/** Who is connected to this edge, for the admin app. */
export function holdingsOf({ vortex, observables }: DeviceEdge): Holdings {
  const sessions = [...vortex.sessions()]
  return {
    ...noHoldings,
    sessionCount: sessions.length,
    observationCount: observables.stats().observationCount,
    watched: observables.watchedCounts(),
    connections: sessions.slice(0, connectionsReportedMax).map((session) => ({
      id: session.id,
      app: session.hello.name,
      device: session.hello.device,
      user: session.principal.user,
      build: session.hello.build,
      address: session.address,
      since: session.openedAt,
      lastActionAt: session.lastActionAt,
      observationCount: session.observationCount,
      queuedBytes: session.queuedBytes(),
    })),
  }
}
