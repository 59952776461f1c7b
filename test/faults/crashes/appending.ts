/** The writers of a crash test at work: sixteen lanes, each waiting for its answer before its next deed. */
import { statSync } from 'node:fs'
import type { BacklogLimits } from '#event-store-server/storage/backlog.ts'
import { SqliteStorage } from '#event-store-server/storage/sqlite-storage.ts'
import { EventLog } from '#event-store-server/streams/event-log.ts'
import type { LogOutcome, LogRequest } from '#event-store-server/streams/log-request.ts'
import { silentLog } from '#kernel/log.ts'
import { type Acknowledgement, acknowledgementsOf, doneCounts, formatTelling } from './acknowledgement.ts'
import type { Life } from './crash-scenario.ts'
import { type Deed, deedOf, writerCount } from './deeds.ts'

/** Small, so that a short life passes many checkpoints. */
export const smallBacklog: BacklogLimits = {
  worthwhile: { logBytes: 20_000, unindexedEvents: 50 },
  overdue: { logBytes: 150_000, unindexedEvents: 200 },
}

export type OpenedStore = { readonly storage: SqliteStorage; readonly eventLog: EventLog }

export function openStore(options: Pick<Life, 'file'> & { backlog: BacklogLimits } & Partial<Life>): OpenedStore {
  const { file, backlog, onStep } = options
  const storage = new SqliteStorage({ file, backlog, ...(onStep && { onStep }) })
  return { storage, eventLog: new EventLog({ storage, log: silentLog, ...(onStep && { onStep }) }) }
}

/** Goes on until every writer has made `deedCountMax` deeds. */
export async function append(store: OpenedStore, life: Life, deedCountMax: number): Promise<void> {
  const known = acknowledgementsOf(life.told)
  const done = doneCounts(known)
  const lanes = Array.from({ length: writerCount }, (_, writer) =>
    new Writer(store, life, writer, known).work(done[writer] ?? 0, deedCountMax),
  )
  await Promise.all(lanes)
}

class Writer {
  private readonly store: OpenedStore
  private readonly life: Life
  private readonly writer: number
  /** Of the writer's own stream, as far as it was told. */
  private ownRevision: number

  constructor(store: OpenedStore, life: Life, writer: number, known: readonly Acknowledgement[]) {
    this.store = store
    this.life = life
    this.writer = writer
    this.ownRevision = known
      .filter((told) => told.writer === writer && isOwnAppend(deedOf({ ...told, seed: life.seed })))
      .reduce((highest, { revision }) => Math.max(highest, revision), -1)
  }

  async work(from: number, to: number): Promise<void> {
    for (let sequence = from; sequence < to; sequence++) {
      const deed = deedOf({ seed: this.life.seed, writer: this.writer, sequence })
      const outcome = await this.store.eventLog.request(this.toRequest(deed, sequence))
      this.take(deed, sequence, outcome)
    }
  }

  private take(deed: Deed, sequence: number, outcome: LogOutcome): void {
    const isEndedAlready = deed.kind === 'tombstone' && outcome.kind === 'tombstoned'
    if (outcome.kind !== 'written' && !isEndedAlready)
      throw new Error(`Writer ${this.writer}, deed ${sequence} (${deed.kind}): ${JSON.stringify(outcome)}`)
    const { revision, position } = outcome.kind === 'written' ? outcome : { revision: -1, position: undefined }
    if (isOwnAppend(deed)) this.ownRevision = revision
    const logBytes = statSync(`${this.life.file}-wal`).size
    const acknowledgement = { writer: this.writer, sequence, revision, position, logBytes }
    this.life.tell(formatTelling({ kind: 'acknowledged', acknowledgement }))
  }

  private toRequest(deed: Deed, sequence: number): LogRequest {
    const { streamName } = deed
    switch (deed.kind) {
      case 'append':
        return { kind: 'append', streamName, expected: this.expectedBy(deed.isOwn, sequence), events: deed.events }
      case 'describe':
        return { kind: 'append', streamName: `$$${streamName}`, expected: 'any', events: [deed.event] }
      case 'delete':
      case 'tombstone':
        return { kind: deed.kind, streamName, expected: 'any' }
    }
  }

  private expectedBy(isOwn: boolean, sequence: number) {
    if (!isOwn || sequence % 2 === 0) return 'any'
    return this.ownRevision < 0 ? 'no-stream' : this.ownRevision
  }
}

function isOwnAppend(deed: Deed): boolean {
  return deed.kind === 'append' && deed.isOwn
}
