import { resolve } from 'node:path'
import { type Clock, pause } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { FromRebuilder, ToRebuilder } from '#projection/rebuild/rebuild-messages.ts'
import { parseRebuilderLine } from './rebuilder-line.ts'

/**
 * A process that rebuilds one read model, as logic sees it.
 *
 * Promises: what is told before the process listens waits for it; the process ends itself when this one goes away;
 * its log lines appear in `log`. `ended` resolves whatever happened, and never rejects.
 */
export interface Rebuilder {
  readonly pid: number
  tell(message: ToRebuilder): void
  /** How it ended: code 0 when it was told to stop, or when its rebuild was over. */
  readonly ended: Promise<{ readonly code: number | string; readonly words: string }>
  /** Lets it save what it has folded, and ends it in any case. */
  stop(): Promise<void>
}

const entry = resolve(import.meta.dir, 'main.ts')
const stopDeadlineMs = 5_000
const wordsLengthMax = 2_000

export function startRebuilder(options: {
  readonly home: string
  readonly begin: Extract<ToRebuilder, { kind: 'begin' }>
  readonly onMessage: (message: FromRebuilder) => void
  readonly log: Log
  readonly clock: Clock
  readonly environment?: Record<string, string | undefined>
}): Rebuilder {
  const { begin, log, clock } = options
  const listening = createDeferred<void>()
  let lastWords = ''
  const child = Bun.spawn([process.execPath, entry, '--home', options.home], {
    ...(options.environment && { env: options.environment }),
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    serialization: 'json',
    ipc: (found) => {
      const line = parseRebuilderLine(found)
      if (!line) return log.warning('the rebuilding process said something nobody understands')
      if (line.kind === 'listening') return listening.resolve()
      if (line.kind === 'log') return log[line.level](line.words, line.facts)
      if (line.kind === 'failed') lastWords = line.words
      options.onMessage(line)
    },
  })
  const complaints = keepTail(child.stderr)
  let isOver = false
  const ended = child.exited.then(async () => {
    isOver = true
    const words = lastWords || (await complaints)
    return { code: child.signalCode ?? child.exitCode ?? -1, words }
  })
  const tell = (message: ToRebuilder): void => {
    void listening.promise.then(() => {
      try {
        if (!isOver) child.send(message)
      } catch (error) {
        // Its channel closes a moment before its end is known, which is heard of by `ended`.
        log.debug(`the rebuilding process did not hear "${message.kind}": ${describeError(error)}`)
      }
    })
  }
  tell(begin)

  return {
    pid: child.pid,
    tell,
    ended,
    stop: async () => {
      tell({ kind: 'stop' })
      await Promise.race([ended, pause(clock, stopDeadlineMs)])
      if (!isOver) child.kill('SIGKILL')
      await ended
    },
  }
}

/** What it wrote last explains an early end. */
async function keepTail(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let tail = ''
  for await (const bytes of stream) tail = (tail + decoder.decode(bytes, { stream: true })).slice(-wordsLengthMax)
  return tail.trim()
}
