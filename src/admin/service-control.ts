import type { PartStatus, ServiceStatus } from '#vortex/protocol/platform-tuples.ts'
import type { ServiceOrder } from '#vortex/protocol/service-order.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'

export type ServiceView = TupleOf<typeof ServiceStatus>
export type PartView = TupleOf<typeof PartStatus>

/** The instances of all services, as this logic sees them, and what an administrator may tell one of them. */
export interface ServiceControl {
  services(): readonly ServiceView[]
  parts(): readonly PartView[]
  /** Whether its supervisor can be told, as far as is known, to end it although it answers nobody. */
  canForce(instance: string): boolean
  /**
   * Resolves when the instance has taken the order, which is not when it is carried out. Rejects with `unavailable` when
   * it is not connected or does not answer, and `bad-input` when it cannot do that. One that does not answer is restarted
   * by force where that can be done.
   */
  order(instance: string, order: ServiceOrder): Promise<void>
}
