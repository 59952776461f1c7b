import { batch, getOwner, onCleanup } from 'solid-js'
import { makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import { createActionLedger } from './action-ledger.ts'
import { makeConnectionSignals } from './connection-signals.ts'
import { getDeviceId } from './device-id.ts'
import { createLiveRowsCache } from './live-rows-cache.ts'
import { createOverlays } from './overlays.ts'
import type { Peek } from './peek.ts'
import { browserSurroundings, type Surroundings } from './surroundings.ts'
import { makeSharedClient } from './tabs/shared-client.ts'

export type PeekOptions = {
  readonly app: 'field' | 'office' | 'admin'
  /** The address of the websocket; by default that of the service the page came from. */
  readonly url?: string
  /** The software version, for the administrator's eyes. */
  readonly build?: string
  /** Who is signed in, where that matters: tabs share a connection only with tabs of the same person. */
  readonly user?: string
  readonly surroundings?: Surroundings
}

/** Connects the page to its service, now and for as long as it lives; closes with the owner that made it. */
export function createPeek(options: PeekOptions): Peek {
  const surroundings = options.surroundings ?? browserSurroundings()
  const { clock } = surroundings
  const client = connect(options, surroundings)
  const { connection, stop: stopSignals } = makeConnectionSignals(client, clock)
  const overlays = createOverlays(clock)
  const observables = createLiveRowsCache(client, clock, overlays)
  const actions = createActionLedger({ client, clock, overlays, makeUuid: surroundings.makeUuid })
  const stopListening = surroundings.onReturn(() => {
    if (client.state().state === 'offline') client.retryNow()
  })

  const close = () => {
    stopListening()
    observables.close()
    stopSignals()
    client.close()
  }
  if (getOwner()) onCleanup(close)
  return { connection, observables, actions, close }
}

function connect({ app, url, build = '', user = '' }: PeekOptions, surroundings: Surroundings): VortexClient {
  const { clock, random, openSocket, makeUuid, kept, tabs } = surroundings
  const tab = makeUuid()
  const device = getDeviceId(kept, makeUuid)
  const makeDirectClient = (batchFrame: (work: () => void) => void) =>
    makeVortexClient({
      url: url ?? surroundings.url,
      hello: { role: 'device', name: app, device, instance: tab, build },
      clock,
      random,
      openSocket,
      batch: batchFrame,
    })
  if (tabs === undefined) return makeDirectClient(batch)
  return makeSharedClient({ name: `peek.${app}.${user}.${url ?? ''}`, tab, clock, batch, makeDirectClient, ...tabs })
}
