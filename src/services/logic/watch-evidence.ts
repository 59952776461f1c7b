import type { EventStore } from '#event-store/event-store.ts'
import { readAnchorFolders } from '#evidence/anchors.ts'
import { iterateBlocks } from '#evidence/evidence-blocks.ts'
import type { EvidenceControl } from '#evidence/evidence-control.ts'
import type { EvidenceKeeper } from '#evidence/keep-evidence.ts'
import { createVerification, type VerificationWork } from '#evidence/verification.ts'
import { verifyEvidence } from '#evidence/verify-evidence.ts'
import { type Clock, pause } from '#kernel/clock.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { fromPosition } from '#kernel/position.ts'
import type { Client } from '#storage/client.ts'
import type { EvidenceStatus } from '#vortex/protocol/platform-tuples.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'

const everyMs = 1_000
/** Small pages with a rest behind each: live work passes between two of them. */
const pageCountMax = 256
const restMs = 2

/** Shows the hash chain on the status board, and verifies it when an administrator asks. */
export function watchEvidence(options: {
  readonly store: EventStore
  readonly keeper: () => EvidenceKeeper | undefined
  readonly sql: () => Client | undefined
  readonly anchorFolders: readonly string[]
  readonly clock: Clock
  readonly show: (row: TupleOf<typeof EvidenceStatus>) => void
}): EvidenceControl & { stop(): void } {
  const { store, anchorFolders, clock } = options
  let cancel = (): void => undefined

  const work = (): VerificationWork => {
    const sql = options.sql()
    if (!sql) throw new PlatformError('unavailable', 'Logic does not lead just now: ask the one that does.')
    return async ({ signal, onProgress }) => {
      const head = Number(fromPosition(await store.head()).commit)
      return verifyEvidence({
        store,
        blocks: iterateBlocks(sql),
        anchors: await readAnchorFolders(anchorFolders),
        signal,
        pageCountMax,
        rest: () => pause(clock, restMs),
        onProgress: ({ eventCount, position }) =>
          onProgress(head === 0 ? 1 : Math.min(1, Number(fromPosition(position).commit) / head), eventCount),
      })
    }
  }
  const verification = createVerification({ work, clock, onState: () => undefined })

  const show = (): void => {
    const status = options.keeper()?.status()
    const { state, share, eventCount, endedAt, words } = verification.state()
    if (status)
      options.show({
        id: 'chain',
        state: status.state,
        eventCount: status.eventCount,
        position: status.position,
        hash: status.hash,
        anchorAt: status.lastAnchor?.at ?? null,
        anchorEventCount: status.lastAnchor?.eventCount ?? null,
        anchorHash: status.lastAnchor?.hash ?? null,
        anchorFolders: [...anchorFolders],
        lastError: status.lastError,
        verification: state,
        verificationShare: share,
        verifiedEventCount: eventCount,
        verificationEndedAt: endedAt,
        verificationWords: [...words],
      })
    cancel = clock.after(everyMs, show)
  }
  show()

  return {
    startVerification: verification.startVerification,
    stopVerification: verification.stopVerification,
    stop: () => {
      cancel()
      verification.stopVerification()
    },
  }
}
