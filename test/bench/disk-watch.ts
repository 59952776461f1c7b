/**
 * How long a lone small write waits for the disk beside everything else, the whole time: on a shared host a disk stands
 * still for tenths of a second although nobody here asks much of it, and whoever commits then waits as long.
 */
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { percentile, sharedNowMs } from './figure.ts'

const pauseMs = 10
const pageBytes = 4_096
/** A commit on these machines takes one; this is none of anybody's own work. */
const stallMs = 30

export type Stall = { readonly at: number; readonly ms: number }

export interface DiskWatch {
  /** Those that had ended when this was asked. */
  stalls(): readonly Stall[]
  /** Of all writes so far. */
  p99Ms(): number
  stop(): Promise<void>
}

/** Where the temporary folders are, and so the homes of the platforms that benches start. */
export async function watchDisk(): Promise<DiskWatch> {
  const folder = await mkdtemp(join(tmpdir(), 'peek-disk-watch-'))
  const file = await open(join(folder, 'page'), 'w')
  const page = Buffer.alloc(pageBytes, 1)
  const stalls: Stall[] = []
  const waits: number[] = []
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      const at = sharedNowMs()
      await file.write(page, 0, pageBytes, 0)
      await file.datasync()
      const ms = sharedNowMs() - at
      waits.push(ms)
      if (ms > stallMs) stalls.push({ at, ms })
      await Bun.sleep(pauseMs)
    }
  })()
  return {
    stalls: () => [...stalls],
    p99Ms: () => percentile(waits, 0.99),
    stop: async () => {
      isOver = true
      await watching
      await file.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Whether the disk stood still at some moment of it, or what had piled up meanwhile was being worked off: as long again. */
export function metStall(stalls: readonly Stall[], { at, ms }: { at: number; ms: number }): boolean {
  return stalls.some((stall) => stall.at < at + ms && at < stall.at + 2 * stall.ms)
}
