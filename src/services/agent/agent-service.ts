/**
 * The agent: talks to outside systems from another network zone. It dials out to logic and nobody dials in, except to its
 * own REST site.
 */
import { createLinkedService } from '../linked-service.ts'
import type { ServiceContext } from '../run-role.ts'
import type { Service } from '../service.ts'

export function createAgentService(context: ServiceContext<'agent'>): Service {
  return createLinkedService({ context })
}
