import { existsSync, readFileSync } from 'node:fs'

/** A page as one write left it. */
export type LoggedPage = { readonly pageNumber: number; readonly bytes: Uint8Array }

export type LogReading = {
  /** Writes lie behind bytes that have changed since: SQLite itself leaves them out, and says nothing. */
  readonly isDamaged: boolean
  /** All that can be believed, in the order of writing, up to the last commit; whether SQLite would still take it or not. */
  readonly pages: readonly LoggedPage[]
}

const headerBytes = 32
const frameHeaderBytes = 24
const nothing: LogReading = { isDamaged: false, pages: [] }

/**
 * Reads SQLite's write-ahead log by itself (https://sqlite.org/fileformat2.html#walformat).
 *
 * Each frame carries a checksum over itself and the checksum before it. SQLite takes frames up to the first one that is
 * wrong, which is right after a power failure: what comes behind it was never acknowledged. But when a disk changes a byte
 * later, all that was acknowledged since is behind it. Here each frame is held against what the one before it *says*, so
 * that one that is damaged spoils no other.
 */
export function readWriteAheadLog(file: string, pageSize: number): LogReading {
  if (!existsSync(file)) return nothing
  const log = readFileSync(file)
  const frameBytes = frameHeaderBytes + pageSize
  const count = Math.floor((log.length - headerBytes) / frameBytes)
  if (count < 1) return nothing
  const isBigEndian = (log.readUInt32BE(0) & 1) === 1
  const isHeaderFine = sameSums(sumsOver(log, [[0, 24]], { before: { one: 0, two: 0 }, isBigEndian }), sumsAt(log, 24))
  // After a restart of the log frames of its last round lie behind those of this one, with other salts.
  const salts = isHeaderFine ? log.subarray(16, 24) : log.subarray(headerBytes + 8, headerBytes + 16)
  const readFrames = (isBigEndian: boolean) =>
    Array.from({ length: count }, (_, index) => {
      const at = headerBytes + index * frameBytes
      const before = sumsAt(log, index === 0 ? 24 : at - frameBytes + 16)
      const isOurs = log.subarray(at + 8, at + 16).equals(salts)
      const ranges = [
        [at, at + 8],
        [at + frameHeaderBytes, at + frameBytes],
      ] as const
      const isFine = isOurs && sameSums(sumsOver(log, ranges, { before, isBigEndian }), sumsAt(log, at + 16))
      return { at, isFine, isCommit: isFine && log.readUInt32BE(at + 4) > 0 }
    })
  const said = readFrames(isBigEndian)
  // What a header says that has changed may be wrong: no frame is right then.
  const frames = isHeaderFine || said.some(({ isFine }) => isFine) ? said : readFrames(!isBigEndian)
  const firstWrong = isHeaderFine ? frames.findIndex(({ isFine }) => !isFine) : 0
  const lastCommit = frames.findLastIndex(({ isCommit }) => isCommit)
  const pages = frames.slice(0, lastCommit + 1).flatMap(({ at, isFine }) => {
    if (!isFine) return []
    const bytes = log.subarray(at + frameHeaderBytes, at + frameBytes)
    return [{ pageNumber: log.readUInt32BE(at), bytes }]
  })
  return { isDamaged: firstWrong >= 0 && lastCommit >= firstWrong, pages }
}

type Sums = { readonly one: number; readonly two: number }

function sumsAt(log: Buffer, at: number): Sums {
  return { one: log.readUInt32BE(at), two: log.readUInt32BE(at + 4) }
}

function sameSums(found: Sums, wanted: Sums): boolean {
  return found.one === wanted.one && found.two === wanted.two
}

/** In which order the words are summed up says the last bit of the magic number. */
function sumsOver(
  log: Buffer,
  ranges: readonly (readonly [number, number])[],
  { before, isBigEndian }: { readonly before: Sums; readonly isBigEndian: boolean },
): Sums {
  let { one, two } = before
  for (const [from, to] of ranges)
    for (let at = from; at < to; at += 8) {
      one = (one + (isBigEndian ? log.readUInt32BE(at) : log.readUInt32LE(at)) + two) >>> 0
      two = (two + (isBigEndian ? log.readUInt32BE(at + 4) : log.readUInt32LE(at + 4)) + one) >>> 0
    }
  return { one, two }
}
