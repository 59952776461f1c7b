import { resolve } from 'node:path'
import { type Clock, pause } from '#kernel/clock.ts'
import { createDeferred, type Deferred } from '#kernel/deferred.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { PastQuestions } from '#observable/source/past-questions.ts'
import {
  isErrorKind,
  type PastQuestionName,
  parseHistorianLine,
  pastQuestionNames,
  type ToHistorian,
} from './historian-line.ts'

/**
 * The process that answers about the past, as logic sees it: started by the first question, ended when nobody has asked
 * for a while, started again by the next.
 *
 * Promises: each question is answered or refused within a deadline; none survives the end of the process.
 */
export interface Historian {
  readonly questions: PastQuestions
  /** Ends the process, if there is one; a later question starts another. */
  stop(): Promise<void>
}

const entry = resolve(import.meta.dir, 'main.ts')
const answerDeadlineMs = 12_000
const stopDeadlineMs = 5_000
const askedCountMax = 200
const wordsLengthMax = 2_000

type Child = {
  readonly process: Bun.Subprocess
  readonly asked: Map<number, Deferred<unknown>>
  readonly listening: Promise<void>
  isOver: boolean
}

export function createHistorian(options: {
  readonly home: string
  readonly log: Log
  readonly clock: Clock
  readonly environment?: Record<string, string | undefined>
}): Historian {
  const { log, clock } = options
  let child: Child | undefined
  let nextId = 0

  const start = (): Child => {
    const listening = createDeferred<void>()
    const asked = new Map<number, Deferred<unknown>>()
    const process_ = Bun.spawn([process.execPath, entry, '--home', options.home], {
      ...(options.environment && { env: options.environment }),
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
      serialization: 'json',
      ipc: (found) => take(started, listening, found),
    })
    const started: Child = { process: process_, asked, listening: listening.promise, isOver: false }
    const complaints = keepTail(process_.stderr)
    void process_.exited.then(async () => {
      started.isOver = true
      if (child === started) child = undefined
      const words = await complaints
      if (words !== '') log.warning(`the process that answers about the past ended: ${words}`)
      // Whoever waits asks again, and starts the next one.
      const gone = new PlatformError('unavailable', 'The process that answers about the past ended: ask again.')
      for (const deferred of asked.values()) deferred.reject(gone)
      listening.reject(gone)
    })
    listening.promise.catch(() => undefined)
    return started
  }

  const take = ({ asked }: Child, listening: Deferred<void>, found: unknown): void => {
    const line = parseHistorianLine(found)
    if (!line) return log.warning('the process that answers about the past said something nobody understands')
    if (line.kind === 'listening') return listening.resolve()
    if (line.kind === 'log') return log[line.level](line.words, line.facts)
    const deferred = asked.get(line.id)
    asked.delete(line.id)
    if (line.kind === 'answer') return deferred?.resolve(line.value)
    const { errorKind, words } = line
    deferred?.reject(isErrorKind(errorKind) ? new PlatformError(errorKind, words) : new Error(words))
  }

  const ask = async (question: PastQuestionName, args: readonly unknown[]): Promise<unknown> => {
    child ??= start()
    const { asked, listening, process: running } = child
    if (asked.size >= askedCountMax) throw new PlatformError('too-many', 'Too many questions about the past at once.')
    const id = nextId++
    const answer = createDeferred<unknown>()
    asked.set(id, answer)
    const cancel = clock.after(answerDeadlineMs, () => {
      answer.reject(new PlatformError('timeout', 'The past did not answer in time: ask again.'))
    })
    try {
      await Promise.race([listening, answer.promise])
      tell(running, { kind: 'ask', id, question, args })
      return await answer.promise
    } finally {
      cancel()
      asked.delete(id)
    }
  }

  const asking =
    (question: PastQuestionName) =>
    (...args: unknown[]) =>
      ask(question, args)
  return {
    // Both ends are of one build, so an answer is what the question's type says.
    questions: Object.fromEntries(pastQuestionNames.map((name) => [name, asking(name)])) as never,
    stop: async () => {
      const last = child
      if (!last || last.isOver) return
      tell(last.process, { kind: 'stop' })
      await Promise.race([last.process.exited, pause(clock, stopDeadlineMs)])
      if (!last.isOver) last.process.kill('SIGKILL')
      await last.process.exited
    },
  }
}

/** A channel that broke a moment ago is no news: the end of the process follows, and whoever waits is told by that. */
function tell(process_: Bun.Subprocess, message: ToHistorian): void {
  try {
    process_.send(message)
  } catch {}
}

/** What it wrote last explains an early end. */
async function keepTail(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let tail = ''
  for await (const bytes of stream) tail = (tail + decoder.decode(bytes, { stream: true })).slice(-wordsLengthMax)
  return tail.trim()
}
