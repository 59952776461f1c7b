import { batch, getOwner, onCleanup } from 'solid-js'
import { makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import { createActionLedger } from './action-ledger.ts'
import { createCacheFigures } from './cache/cache-figures.ts'
import { createRowCache } from './cache/row-cache.ts'
import { createCallSender } from './call-sender.ts'
import { makeConnectionSignals } from './connection-signals.ts'
import { getDeviceId } from './device-id.ts'
import { startDeviceReport } from './device-report.ts'
import { readStorageLife } from './device-store/storage-life.ts'
import { createEffectLedger } from './effect-ledger.ts'
import { createHelp } from './help.ts'
import { createLiveRowsCache } from './live-rows-cache.ts'
import { openOutbox, type PageClient } from './outbox/open-outbox.ts'
import { createOutboxSignals } from './outbox/outbox-signals.ts'
import { createOverlays } from './overlays/overlays.ts'
import { makeAlone } from './packs/alone.ts'
import { createPacks } from './packs/packs.ts'
import type { Peek } from './peek.ts'
import { createRecordMarks } from './record-marks.ts'
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
  // Once: where the browser keeps nothing it would be another one each time.
  const device = getDeviceId(surroundings.kept, surroundings.makeUuid)
  const client = connect(options, surroundings, device)
  const { connection, stop: stopSignals } = makeConnectionSignals(client, clock)
  const overlays = createOverlays()
  const { random, kept } = surroundings
  const keptAs = `${options.app}.${options.user ?? ''}`
  const store = surroundings.openStore(`peek.${keptAs}`)
  const page = surroundings.makeUuid()
  const cache = createRowCache({ client, clock, store: store.cache, facts: store.facts, page })
  const observables = createLiveRowsCache({ client, clock, random, overlays, cache })
  const cached = createCacheFigures(cache)
  const alone = makeAlone(surroundings.tabs, `peek.${keptAs}.packs`)
  const openNotices = (hear: () => void) => surroundings.openNotices(`peek.${keptAs}.packs`, hear)
  const packs = createPacks({ client, clock, cache, facts: store.facts, alone, openNotices })
  const effects = createEffectLedger({ client, clock, random, overlays, kept, keptAs })
  const outbox = openOutbox(
    {
      name: `peek.${keptAs}`,
      user: options.user ?? '',
      isUserKnown: options.user !== undefined,
      build: options.build ?? '',
    },
    { client, store, surroundings },
  )
  const readLife = () =>
    readStorageLife({ name: `peek.${keptAs}`, store, kept, makeUuid: surroundings.makeUuid, now: clock.now() })
  const storageLife = readLife()
  const { makeUuid } = surroundings
  const deviceReport = startDeviceReport({
    onChange: outbox.onStatus,
    figures: store.outbox.figures,
    report: client.report,
    build: options.build ?? '',
    cachedCount: async () => (await store.cache.heads()).length,
    estimate: surroundings.estimateRoom,
    storageId: async () => (await readLife())?.id ?? (store.isDurable ? null : undefined),
    clock,
    makeUuid,
  })
  const help = createHelp({ device, outbox, getMany: store.outbox.getMany, makeUuid })
  const outboxSignals = createOutboxSignals(outbox)
  const actions = createActionLedger({ outbox, clock, overlays, effects, makeUuid: surroundings.makeUuid })
  const marks = createRecordMarks(outbox, store.facts)
  const stopListening = surroundings.onReturn(() => {
    if (client.state().state === 'offline') client.retryNow()
  })
  const stopSaving = surroundings.onLeave(cache.saveAll)

  const close = () => {
    stopListening()
    stopSaving()
    deviceReport.close()
    actions.close()
    marks.close()
    outbox.close()
    effects.close()
    observables.close()
    packs.close()
    cached.close()
    cache.close()
    overlays.close()
    stopSignals()
    client.close()
    store.close()
  }
  if (getOwner()) onCleanup(close)
  const calls = createCallSender(client, options.app)
  return {
    connection,
    observables,
    actions,
    effects,
    calls,
    outbox,
    outboxSignals,
    marks,
    help,
    cache,
    store,
    storageLife,
    cached,
    packs,
    close,
  }
}

function connect(
  { app, url, build = '', user = '' }: PeekOptions,
  surroundings: Surroundings,
  device: string,
): PageClient {
  const { clock, random, openSocket, makeUuid, tabs } = surroundings
  const tab = makeUuid()
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
