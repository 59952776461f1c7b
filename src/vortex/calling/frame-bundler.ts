import { bundleFrames } from '../protocol/frame-bundle.ts'
import { serviceBundleLengthMax } from '../protocol/limits.ts'

/**
 * Writes the first frame at once, and those that follow it in the same turn of the event loop together.
 *
 * Promises: the order of `send` is the order on the wire; a lone frame waits for nothing.
 */
export interface FrameBundler {
  send(frame: string): void
  /** Writes what waits: something else is to come after it. */
  flush(): void
  /** The connection is gone, with what was not written yet. */
  reset(): void
}

/** A longer frame goes by itself: it gains nothing. */
const frameLengthMax = 4 * 1024

export function createFrameBundler(options: {
  write(text: string): void
  /** Runs it when this turn of the event loop is over. */
  soon(work: () => void): void
  /** Characters in one message. */
  readonly bundleLengthMax?: number
}): FrameBundler {
  const { write, soon, bundleLengthMax = serviceBundleLengthMax } = options
  let waiting: string[] = []
  let waitingLength = 0
  let isTurnTaken = false

  return {
    send: (frame) => {
      if (!isTurnTaken) {
        isTurnTaken = true
        soon(endTurn)
        return write(frame)
      }
      if (waitingLength + frame.length > bundleLengthMax) flush()
      if (frame.length > frameLengthMax) {
        flush()
        return write(frame)
      }
      waiting.push(frame)
      waitingLength += frame.length
    },
    flush,
    reset: () => {
      waiting = []
      waitingLength = 0
    },
  }

  function endTurn(): void {
    isTurnTaken = false
    flush()
  }

  function flush(): void {
    const [first] = waiting
    if (first === undefined) return
    write(waiting.length === 1 ? first : bundleFrames(waiting))
    waiting = []
    waitingLength = 0
  }
}
