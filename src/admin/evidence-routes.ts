import { Hono } from 'hono'
import * as v from 'valibot'
import type { EvidenceControl } from '#evidence/evidence-control.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { AdminApiOptions, AdminVariables } from './admin-options.ts'
import { readBody } from './read-request.ts'
import { recordDecision } from './record-decision.ts'

const startSchema = v.strictObject({ reason: v.optional(v.pipe(v.string(), v.maxLength(1_000)), '') })

/**
 * `POST /verification { reason? }`: reads the whole log against its hash chain, in the background; the observable
 * `peek.EvidenceStatus` shows how far it is and what it found. `POST /verification/stop`: ends it.
 */
export function createEvidenceRoutes(options: AdminApiOptions): Hono<AdminVariables> {
  const routes = new Hono<AdminVariables>()
  routes.post('/verification', async (c) => {
    const evidence = evidenceOf(options)
    const { reason } = await readBody(c, startSchema)
    const type = 'peek.EvidenceVerificationRequested'
    await recordDecision(options, {
      type,
      about: { name: 'Evidence', id: 'chain' },
      user: c.get('user'),
      data: { reason },
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
