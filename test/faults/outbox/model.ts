import type { RecordedEvent } from '#event-store/event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { comparePositions, parsePosition } from '#kernel/position.ts'
import { isAccepted, isUnsent, needsAttention, type OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import { plugin } from './crew.ts'
import type { RigDevice, RigTab } from './rig-device.ts'
import type { RigWorld } from './rig-world.ts'

/**
 * What the outbox promises, as plain bookkeeping beside it. It knows what people were told, and looks at the disk and at the
 * log themselves; what it finds are sentences.
 */
export interface Model {
  /** An id that somebody is about to push. */
  tried(device: RigDevice, id: string): void
  /** The person was told that it is kept. */
  kept(id: string, tab: RigTab): void
  /** The person was told that there is no room. */
  refusedByDevice(id: string): void
  /** A person had it sent again, or without what it waited for. */
  retried(ids: readonly string[]): void
  /** A person gave these up. */
  discarded(ids: readonly string[]): void
  /** After every step: what a screen says must be so. */
  look(): void
  /** Some time after everything was mended. */
  checkMoving(): void
  /** A page that looks at its store anew says nothing meanwhile: so it is asked at several moments, and once must do. */
  noteSynced(): void
  /** Once people have dealt with what needs attention. */
  checkEnd(): void
  readonly wrongs: readonly string[]
}

/** A word from another tab and a look into the store take this long at most; in the tab that pushed there is no excuse. */
const hearsayMs = 500

export function createModel(world: RigWorld): Model {
  const wrongs: string[] = []
  const seen = new Set<string>()
  const pushers = new Map<string, RigDevice>()
  const keptIds = new Map<string, RigTab>()
  const unkept = new Set<string>()
  const saidSynced = new Set<RigTab>()
  /** Stuck ones that somebody had sent again, and those that went without what they depended on. */
  const retried = new Set<string>()
  const discarded = new Set<string>()
  /** Since when a tab says "all synced" and it is not. */
  const lyingSince = new Map<RigTab, number>()

  const find = (words: string): void => {
    if (seen.has(words)) return
    seen.add(words)
    wrongs.push(words)
  }
  const recordsOf = ({ disk }: RigDevice): readonly OutboxRecord[] => disk.disk.outbox.after(0, Number.MAX_SAFE_INTEGER)

  function look(): void {
    for (const device of world.devices) {
      const isUnsynced = device.disk.disk.outbox.figures().unsentCount > 0
      for (const tab of device.tabs) {
        const saysSynced = isUnsynced && tab.process.isRunning() && tab.outbox.status().isSynced
        if (!saysSynced) lyingSince.delete(tab)
        else if (!lyingSince.has(tab)) lyingSince.set(tab, world.time.now())
        if (!saysSynced) continue
        const unsent = device.disk.disk.outbox.unfinished()
        const own = unsent.find(({ id }) => keptIds.get(id) === tab)
        if (own) find(`LIE: ${tab.name} says all is synced, and ${own.id}, which it told to be kept, is ${own.state}`)
        const since = lyingSince.get(tab) ?? 0
        if (world.time.now() - since > hearsayMs)
          find(`LIE: ${tab.name} has said for long that all is synced, and ${unsent[0]?.id} is ${unsent[0]?.state}`)
      }
    }
  }

  function checkMoving(): void {
    for (const device of world.devices) {
      const byId = new Map(recordsOf(device).map((record) => [record.id, record]))
      for (const record of byId.values()) {
        if (record.state !== 'waiting' && record.state !== 'sent') continue
        if (isHeldUp(record, byId)) continue
        const why = device.tabs
          .map(({ name, outbox }) => `${name} says ${outbox.waitsFor(record.id)?.words}`)
          .join(', ')
        const words = `is still ${record.state} after 30 s without any trouble (${record.words}; ${why})`
        find(`STUCK: ${record.id} (seq ${record.seq}) ${words}`)
      }
      checkRows(device)
    }
  }

  /** Something that it depends on waits for a person. */
  function isHeldUp(record: OutboxRecord, byId: ReadonlyMap<string, OutboxRecord>): boolean {
    return record.dependsOn.some((id) => {
      const other = latestOf(id, byId)
      return other !== undefined && (needsAttention(other) || other.state === 'discarded' || isHeldUp(other, byId))
    })
  }

  function checkRows({ tabs }: RigDevice): void {
    for (const tab of tabs)
      for (const [site, shown] of tab.shown) {
        const wanted = JSON.stringify([...world.readModel.rowsOf(site)].sort())
        const found = JSON.stringify([...shown].sort())
        if (wanted !== found) find(`ROWS: ${tab.name} shows of ${site} ${found}, the server has ${wanted}`)
      }
  }

  function noteSynced(): void {
    for (const { tabs } of world.devices) for (const tab of tabs) if (tab.outbox.status().isSynced) saidSynced.add(tab)
  }

  function checkEnd(): void {
    const outcomes = outcomesIn(world.store.log)
    for (const [id, count] of countsOf(world.store.log))
      if (count > 1) find(`DOUBLED: ${id} has ${count} outcomes in the log`)
    const known = new Set(world.devices.flatMap((device) => recordsOf(device).map(({ id }) => id)))
    for (const id of outcomes.keys()) if (!known.has(id)) find(`STRANGER: ${id} is in the log, and no device has it`)
    for (const id of unkept) if (outcomes.has(id)) find(`UNKEPT: ${id} was said not to be saved, and is in the log`)
    for (const [id, tab] of keptIds) {
      const device = pushers.get(id)
      const record = device && recordsOf(device).find((one) => one.id === id)
      if (!record) find(`LOST: ${id}, which ${tab.name} told to be kept, is not on the device any more`)
    }
    for (const device of world.devices) {
      const records = recordsOf(device)
      const byId = new Map(records.map((record) => [record.id, record]))
      for (const [index, { seq }] of records.entries())
        if (seq !== index + 1) find(`GAP: number ${index + 1} of the device's outbox has seq ${seq}`)
      for (const record of records) checkOutcome(record, outcomes.get(record.id))
      checkLanes(records, byId, outcomes)
      for (const record of records) checkDependence(record, byId, outcomes)
      for (const tab of device.tabs)
        if (!saidSynced.has(tab) && records.every((record) => !isUnsent(record)))
          find(`MODEST: all of it is done, and ${tab.name} says ${JSON.stringify(tab.outbox.status())}`)
    }
  }

  function checkOutcome(record: OutboxRecord, outcome: Outcome | undefined): void {
    const about = `${record.id} (seq ${record.seq})`
    switch (record.state) {
      case 'accepted':
      case 'changed':
        if (!outcome?.isAccepted) find(`END: ${about} is ${record.state} on the device, and not accepted in the log`)
        // Actions of one append share its end.
        else if (isBefore(record.position ?? '', outcome.position))
          find(`END: ${about} stands at ${record.position} for the device, at ${outcome.position} in the log`)
        break
      case 'refused':
        if (!outcome || outcome.isAccepted) find(`END: ${about} is refused on the device, and not in the log`)
        break
      case 'discarded':
        if (outcome?.isAccepted) find(`END: ${about} was discarded, and is accepted in the log`)
        if (!discarded.has(record.id) && !record.replacedBy)
          find(`LOST: nobody discarded ${about}, and it is discarded`)
        break
      case 'stuck':
        if (outcome) find(`END: ${about} is stuck on the device, and in the log`)
        break
      default:
        find(`LOST: ${about} has no end: it is ${record.state}`)
    }
  }

  /** One that was held up by another, until a person decided about that, holds up nothing of its lane: it comes later. */
  function checkLanes(
    records: readonly OutboxRecord[],
    byId: ReadonlyMap<string, OutboxRecord>,
    outcomes: ReadonlyMap<string, Outcome>,
  ): void {
    const last = new Map<string, { record: OutboxRecord; outcome: Outcome }>()
    for (const record of records) {
      const outcome = outcomes.get(record.id)
      if (!outcome || wasHeldUp(record, byId)) continue
      const before = last.get(record.lane)
      if (before && isBefore(outcome.position, before.outcome.position))
        find(`ORDER: seq ${record.seq} of lane ${record.lane} took effect before seq ${before.record.seq}`)
      last.set(record.lane, { record, outcome })
    }
  }

  function wasHeldUp({ id, dependsOn }: OutboxRecord, byId: ReadonlyMap<string, OutboxRecord>): boolean {
    if (retried.has(id)) return true
    return dependsOn.some((other) => {
      const found = byId.get(other)
      return found !== undefined && (found.replacedBy !== undefined || !isAccepted(found) || wasHeldUp(found, byId))
    })
  }

  function checkDependence(
    record: OutboxRecord,
    byId: ReadonlyMap<string, OutboxRecord>,
    outcomes: ReadonlyMap<string, Outcome>,
  ): void {
    const outcome = outcomes.get(record.id)
    if (!outcome) return
    for (const id of record.dependsOn) {
      const other = latestOf(id, byId)
      const earlier = other && outcomes.get(other.id)
      if (other?.state === 'discarded') continue
      if (!other || !isAccepted(other) || !earlier)
        find(`DEPENDS: seq ${record.seq} took effect, and ${id}, on which it depends, was not accepted`)
      else if (isBefore(outcome.position, earlier.position))
        find(`DEPENDS: seq ${record.seq} took effect before seq ${other.seq}, on which it depends`)
    }
  }

  return {
    wrongs,
    tried: (device, id) => void pushers.set(id, device),
    kept: (id, tab) => {
      keptIds.set(id, tab)
      if (!pushers.get(id)?.disk.disk.outbox.getMany([id])[0])
        find(`LOST: ${tab.name} told that ${id} is kept, and it is not on the disk`)
      look()
    },
    refusedByDevice: (id) => {
      unkept.add(id)
      if (pushers.get(id)?.disk.disk.outbox.getMany([id])[0])
        find(`UNKEPT: ${id} was said not to be saved, and is on the disk`)
    },
    retried: (ids) => {
      for (const id of ids) retried.add(id)
    },
    discarded: (ids) => {
      for (const id of ids) discarded.add(id)
    },
    look,
    checkMoving,
    noteSynced,
    checkEnd,
  }
}

type Outcome = { readonly isAccepted: boolean; readonly position: string }

/** What the log says of each action; where facts follow it, the answer points behind the last one. */
function outcomesIn(log: readonly RecordedEvent[]): ReadonlyMap<string, Outcome> {
  const outcomes = new Map<string, Outcome>()
  for (const { stream, metadata, position } of log) {
    const { actionId } = parseMetadata(metadata)
    if (actionId !== undefined) outcomes.set(actionId, { isAccepted: isOwn(stream), position })
  }
  return outcomes
}

function countsOf(log: readonly RecordedEvent[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { stream, metadata, type } of log) {
    const { actionId } = parseMetadata(metadata)
    const isOutcome = !isOwn(stream) || type === 'rig.WriteNote'
    if (actionId !== undefined && isOutcome) counts.set(actionId, (counts.get(actionId) ?? 0) + 1)
  }
  return counts
}

function isOwn(stream: string): boolean {
  return stream.startsWith(`${plugin}.`)
}

/** The one that came instead, if it was sent anew. */
function latestOf(id: string, byId: ReadonlyMap<string, OutboxRecord>): OutboxRecord | undefined {
  const found = byId.get(id)
  return found?.replacedBy === undefined ? found : latestOf(found.replacedBy, byId)
}

function isBefore(a: string, b: string): boolean {
  const [x, y] = [parsePosition(a), parsePosition(b)]
  return x !== undefined && y !== undefined && comparePositions(x, y) < 0
}
