import { Hono } from 'hono'
import type { EvidenceControl } from '#evidence/evidence-control.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { recordDecision } from './record-decision.ts'

/**
 * `POST /verification`: reads the whole log against its hash chain, in the background; the observable
 * `peek.EvidenceStatus` shows how far it is and what it found. `POST /verification/stop`: ends it.
 */
export function createEvidenceRoutes(options: AdminApiOptions): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  routes.post('/verification', async (c) => {
    const evidence = evidenceOf(options)
    const type = 'peek.EvidenceVerificationRequested'
    await recordDecision(options, {
      type,
      about: { name: 'Evidence', id: 'chain' },
      user: c.get('user'),
      data: {},
    })
    evidence.startVerification()
    return c.json({})
  })
  routes.post('/verification/stop', (c) => {
    evidenceOf(options).stopVerification()
    return c.json({})
  })
  return routes
}

function evidenceOf({ evidence }: Pick<AdminApiOptions, 'evidence'>): EvidenceControl {
  const found = evidence()
  if (found) return found
  throw new PlatformError('unavailable', 'The event store is being reached; try again shortly.')
}
