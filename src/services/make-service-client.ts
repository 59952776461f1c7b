import { gunzipSync } from 'node:zlib'
import type { Clock } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import type { Random } from '#kernel/random.ts'
import type { Answer } from '#vortex/calling/ask-answerer.ts'
import { type DirectVortexClient, makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import type { ServiceIdentity } from './service-identity.ts'

/**
 * The connection of one service to logic. It carries the traffic of many devices, so its bounds are those of a crowd.
 *
 * Promises: dials for ever with back-off, also when logic was never there; whoever makes it closes it.
 */
export function makeServiceClient(options: {
  readonly address: { readonly host: string; readonly port: number; readonly secret: string }
  readonly identity: ServiceIdentity
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Does what logic asks of this service. */
  readonly answer?: Answer
}): DirectVortexClient {
  const { address, identity, clock, random, log, answer } = options
  return makeVortexClient({
    url: `ws://${address.host}:${address.port}${serviceLinkPath}`,
    hello: {
      role: 'service',
      name: identity.name,
      device: identity.device,
      instance: identity.id,
      build: identity.build,
      instanceName: identity.instanceName,
      zone: identity.zone,
      secret: address.secret,
    },
    clock,
    random,
    log,
    ...(answer && { answer }),
    gunzip: gunzipAtOnce,
    soon: setImmediate,
    queuedCountMax: 50_000,
    inFlightCountMax: 10_000,
    bodySizeMax,
  })
}

export const serviceLinkPath = '/vortex'

/** A frame on the link may have 16 MiB, and a character takes up to three bytes. */
const bodySizeMax = 5_000_000
/** What one frame from logic may unpack to: many times the largest snapshot that a screen can use. */
const unpackedBytesMax = 512 * 1024 * 1024

/** At once: a stream would let every later frame wait for a round of the event loop or two. */
function gunzipAtOnce(bytes: Uint8Array<ArrayBuffer>): string {
  return gunzipSync(bytes, { maxOutputLength: unpackedBytesMax }).toString('utf8')
}
