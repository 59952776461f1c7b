/**
 * A worker: computes in the background. Any number of them run beside each other, on any machine that reaches logic and
 * the stores.
 */
import { createLinkedService } from '../linked-service.ts'
import type { ServiceContext } from '../run-role.ts'
import type { Service } from '../service.ts'

export function createWorkerService(context: ServiceContext<'worker'>): Service {
  return createLinkedService({ context })
}
