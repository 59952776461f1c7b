import type { ServiceOrder } from '#vortex/protocol/service-order.ts'
import type { PartView, ServiceControl, ServiceView } from '../service-control.ts'

/** Services that the test makes up; what is ordered is written down. */
export function createFakeServiceControl(): ServiceControl & {
  readonly rows: ServiceView[]
  readonly partRows: PartView[]
  readonly ordered: (ServiceOrder & { readonly instance: string })[]
} {
  const rows: ServiceView[] = []
  const partRows: PartView[] = []
  const ordered: (ServiceOrder & { readonly instance: string })[] = []
  return {
    rows,
    partRows,
    ordered,
    services: () => rows,
    parts: () => partRows,
    canForce: (instance) =>
      rows.some(({ id, isSupervised, host }) => id === instance && isSupervised && host === 'peek-1'),
    order: async (instance, order) => {
      ordered.push({ instance, ...order })
    },
  }
}

export function toServiceView(change: Partial<ServiceView> & { readonly id: string }): ServiceView {
  return {
    name: 'agent',
    instanceName: 'north',
    zone: 'dmz',
    build: '1.0.0',
    host: 'peek-1',
    pid: 41,
    url: null,
    state: 'online',
    installation: `at-${change.id}`,
    isSupervised: true,
    restartingSince: null,
    startedAt: 1_000,
    lastSeenAt: 2_000,
    sessionCount: 0,
    observationCount: 0,
    memoryBytes: 90_000_000,
    loopDelayMs: 1,
    roundTripMs: 0.8,
    queuedActionCount: 0,
    oldestQueuedAt: null,
    refusedActionCount: 0,
    deliveredActionCount: 0,
    queueTrouble: null,
    placeCount: 0,
    busyPlaceCount: 0,
    jobProcessCount: 0,
    isDraining: false,
    ...change,
  }
}
