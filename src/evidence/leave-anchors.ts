import type { Clock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { type Anchor, appendAnchor } from './anchors.ts'

/**
 * Leaves anchors in every folder, each by itself: one that is away costs the others nothing.
 *
 * Promises: an answer within a deadline, also where a folder hangs; no folder is written to twice at a time, nor in another order. The answer
 * names the folders that do not have the anchor, and why; giving the same one again tries only those.
 */
export type AnchorLeaver = (anchor: Anchor) => Promise<readonly string[]>

type Writing = { readonly done: Promise<void>; isLate: boolean }

/** Far folders are on other machines, which may be away for as long as they like. */
const deadlineMs = 10_000

export function createAnchorLeaver(options: {
  readonly folders: readonly string[]
  readonly clock: Clock
  /** How a line is added; our own file system without it. */
  readonly append?: typeof appendAnchor
}): AnchorLeaver {
  const { folders, clock, append = appendAnchor } = options
  /** By folder: the events that its newest anchor stands for. */
  const left = new Map<string, number>()
  const writing = new Map<string, Writing>()

  const write = async (folder: string, anchor: Anchor): Promise<void> => {
    await append(folder, anchor)
    left.set(folder, anchor.eventCount)
  }

  /** After the one before. */
  const begin = (folder: string, anchor: Anchor): Writing => {
    const before = writing.get(folder)?.done ?? Promise.resolve()
    const done = before.catch(() => undefined).then(() => write(folder, anchor))
    const begun: Writing = { done, isLate: false }
    writing.set(folder, begun)
    const forget = () => writing.get(folder) === begun && writing.delete(folder)
    done.then(forget, forget)
    return begun
  }

  /** A folder that kept its writer waiting too long is not waited for again until it is done. */
  const leaveIn = async (folder: string, anchor: Anchor): Promise<string | undefined> => {
    if (left.get(folder) === anchor.eventCount) return undefined
    if (writing.get(folder)?.isLate) return troubleOf(folder, lateError())
    const begun = begin(folder, anchor)
    const late = createDeferred<never>()
    const cancel = clock.after(deadlineMs, () => {
      begun.isLate = true
      late.reject(lateError())
    })
    try {
      await Promise.race([begun.done, late.promise])
      return undefined
    } catch (error) {
      return troubleOf(folder, error)
    } finally {
      cancel()
    }
  }

  return async (anchor) => {
    const troubles = await Promise.all(folders.map((folder) => leaveIn(folder, anchor)))
    return troubles.filter((words) => words !== undefined)
  }
}

function troubleOf(folder: string, error: unknown): string {
  return `An anchor could not be kept in ${folder}: ${describeError(error)}`
}

function lateError(): PlatformError {
  return new PlatformError('timeout', 'the folder does not answer.')
}
