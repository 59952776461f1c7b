import type { ChangeEvent } from '#event-store/change-event.ts'
import type { StoreHealth } from '#event-store/event-store.ts'
import type { StoreFigures, StoreGroup } from '#event-store/store-operations.ts'
import type { Clock } from '#kernel/clock.ts'
import { createMemoryModel, type MemoryModel } from '#observable/source/memory-model.ts'
import type { PartialSource } from '#observable/source/snapshot-source.ts'
import {
  EventStoreLook,
  EventStoreStatus,
  StoreGroupStatus,
  StoreSlowRead,
  StoreSubscriptionStatus,
} from '#vortex/protocol/store-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'

/** What the admin app shows of the event store, as it was looked at last. A figure the server does not report is null. */
export interface StoreBoard {
  readonly sources: readonly PartialSource[]
  readonly names: readonly string[]
  takeHealth(health: StoreHealth, address: string): void
  takeFigures(figures: StoreFigures): void
  /** There are no figures just now, and why. */
  loseFigures(words: string): void
  takeGroups(groups: readonly StoreGroup[]): void
  /** The persistent subscriptions cannot be listed, and why. */
  loseGroups(words: string): void
}

type Status = TupleOf<typeof EventStoreStatus>

/** At one look every two seconds: five minutes. */
const looksKept = 150
const rowId = 'event-store'

export function createStoreBoard({
  clock,
  onChange,
}: {
  readonly clock: Clock
  readonly onChange: (feed: string, change: ChangeEvent) => void
}): StoreBoard {
  const statuses = createMemoryModel(EventStoreStatus, { orderBy: ['id'], onChange })
  const looks = createMemoryModel(EventStoreLook, { orderBy: ['at'], onChange })
  const subscriptions = createMemoryModel(StoreSubscriptionStatus, { orderBy: ['source', 'since'], onChange })
  const groups = createMemoryModel(StoreGroupStatus, { orderBy: ['stream', 'group'], onChange })
  const slowReads = createMemoryModel(StoreSlowRead, { orderBy: ['endedAt'], onChange })
  const models = [statuses, looks, subscriptions, groups, slowReads]
  let status: Status = unknownStatus(clock.now())

  const show = (changed: Partial<Status>): void => {
    status = { ...status, ...changed }
    statuses.set(status)
  }
  const keepLook = (figures: StoreFigures): void => {
    const at = clock.now()
    looks.set({
      id: String(at),
      at,
      eventsInPerSecond: figures.eventsInPerSecond ?? 0,
      eventsOutPerSecond: figures.eventsOutPerSecond ?? 0,
      readsPerSecond: figures.readsPerSecond ?? 0,
      commitMsP99: figures.commitMsP99 ?? null,
    })
    const known = [...looks.rows()]
    for (const { id } of known.slice(0, Math.max(0, known.length - looksKept))) looks.delete(id)
  }

  return {
    sources: models.map((model) => model.source),
    names: models.map((model) => model.name),
    takeHealth: ({ state, since, words }, address) => show({ state, since, words, address }),
    takeFigures: (figures) => {
      show({ figuresWords: null, ...toStatus(figures) })
      replaceRows(subscriptions, (figures.subscriptions ?? []).map(toSubscriptionRow))
      replaceRows(slowReads, (figures.slowReads ?? []).map(toSlowReadRow))
      if (figures.eventsInPerSecond !== undefined) keepLook(figures)
    },
    loseFigures: (words) => {
      show({ ...noFigures, figuresWords: words })
      replaceRows(subscriptions, [])
      replaceRows(slowReads, [])
    },
    takeGroups: (found) => {
      show({ groupsWords: null })
      replaceRows(groups, found.map(toGroupRow))
    },
    loseGroups: (words) => {
      show({ groupsWords: words })
      replaceRows(groups, [])
    },
  }
}

function replaceRows<R extends { readonly id: string }>(model: MemoryModel<R>, rows: readonly R[]): void {
  const wanted = new Set(rows.map(({ id }) => id))
  for (const { id } of [...model.rows()]) if (!wanted.has(id)) model.delete(id)
  for (const row of rows) model.set(row)
}

const noFigures = {
  version: null,
  durability: null,
  startedAt: null,
  memoryBytes: null,
  cpuPercent: null,
  diskFreeBytes: null,
  fileBytes: null,
  walBytes: null,
  freeBytes: null,
  eventCount: null,
  streamCount: null,
  appendsPerSecond: null,
  eventsInPerSecond: null,
  bytesInPerSecond: null,
  commitsPerSecond: null,
  appendsPerCommit: null,
  commitMsP50: null,
  commitMsP99: null,
  readsPerSecond: null,
  eventsOutPerSecond: null,
  waitingAppends: null,
  openCalls: null,
  reportsSubscriptions: false,
  reportsSlowReads: false,
  scavengeId: null,
  scavengeIsRunning: false,
  scavengeShare: null,
  scavengeRemovedEvents: null,
  scavengeRemovedBytes: null,
  backupFile: null,
  backupAt: null,
  backupIsRunning: false,
  backupShare: null,
  backupError: null,
} as const satisfies Partial<Status>

function unknownStatus(now: number): Status {
  return {
    id: rowId,
    state: 'connecting',
    words: 'The event store is being reached.',
    since: now,
    address: '',
    figuresWords: 'The event store is being reached.',
    groupsWords: 'The event store is being reached.',
    ...noFigures,
  }
}

/** Named one by one: what a later adapter reports in addition is no field of the row. */
function toStatus(figures: StoreFigures): Partial<Status> {
  const { subscriptions, slowReads, scavenge, backup } = figures
  return {
    version: figures.version ?? null,
    durability: figures.durability ?? null,
    startedAt: figures.startedAt ?? null,
    memoryBytes: figures.memoryBytes ?? null,
    cpuPercent: figures.cpuPercent ?? null,
    diskFreeBytes: figures.diskFreeBytes ?? null,
    fileBytes: figures.fileBytes ?? null,
    walBytes: figures.walBytes ?? null,
    freeBytes: figures.freeBytes ?? null,
    eventCount: figures.eventCount ?? null,
    streamCount: figures.streamCount ?? null,
    appendsPerSecond: figures.appendsPerSecond ?? null,
    eventsInPerSecond: figures.eventsInPerSecond ?? null,
    bytesInPerSecond: figures.bytesInPerSecond ?? null,
    commitsPerSecond: figures.commitsPerSecond ?? null,
    appendsPerCommit: figures.appendsPerCommit ?? null,
    commitMsP50: figures.commitMsP50 ?? null,
    commitMsP99: figures.commitMsP99 ?? null,
    readsPerSecond: figures.readsPerSecond ?? null,
    eventsOutPerSecond: figures.eventsOutPerSecond ?? null,
    waitingAppends: figures.waitingAppends ?? null,
    openCalls: figures.openCalls ?? null,
    reportsSubscriptions: subscriptions !== undefined,
    reportsSlowReads: slowReads !== undefined,
    scavengeId: scavenge?.id ?? null,
    scavengeIsRunning: scavenge?.isRunning ?? false,
    scavengeShare: scavenge?.share ?? null,
    scavengeRemovedEvents: scavenge?.removedEvents ?? null,
    scavengeRemovedBytes: scavenge?.removedBytes ?? null,
    backupFile: backup?.file ?? null,
    backupAt: backup?.at ?? null,
    backupIsRunning: backup?.isRunning ?? false,
    backupShare: backup && backup.sizeBytes > 0 ? backup.copiedBytes / backup.sizeBytes : null,
    backupError: backup?.error || null,
  }
}

type Listed<K extends 'subscriptions' | 'slowReads'> = NonNullable<StoreFigures[K]>[number]

function toSubscriptionRow(subscription: Listed<'subscriptions'>): TupleOf<typeof StoreSubscriptionStatus> {
  const { lagBytes = null, lagEvents = null } = subscription
  return { ...subscription, lagBytes, lagEvents }
}

function toSlowReadRow(read: Listed<'slowReads'>): TupleOf<typeof StoreSlowRead> {
  return { ...read, id: `${read.endedAt}/${read.lengthMs}/${read.source}` }
}

function toGroupRow(group: StoreGroup): TupleOf<typeof StoreGroupStatus> {
  const { checkpoint = null, lastKnown = null, lagEvents = null } = group
  return { ...group, checkpoint, lastKnown, lagEvents, id: `${group.stream}::${group.group}` }
}
