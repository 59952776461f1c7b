/**
 * Launches one child process and waits until it says that it is ready.
 *
 * Promises: the child is in a session of its own, so that a Ctrl-C on the terminal reaches the supervisor only; it has
 * an IPC channel whose end tells it that the supervisor died; what it wrote last to stderr explains an early end.
 */
import { type Clock, pause } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { parseChildMessage, type SupervisorAnswer } from '../process-surroundings.ts'
import type { Ended, Running } from './keep-running.ts'

export type LaunchOptions = {
  readonly name: string
  /** Arguments of this Bun. */
  readonly args: readonly string[]
  readonly folder: string
  readonly environment: Record<string, string | undefined>
  /** A service tells over IPC; a program that knows nothing of us writes one JSON line, `{"event":"ready","port":…}`. */
  readonly readiness: 'ipc' | 'json-line'
  readonly toUrl?: (port: number) => string
  readonly startTimeoutMs: number
  readonly stopTimeoutMs: number
  readonly clock: Clock
  readonly abort: AbortSignal
  readonly onSpawn?: (pid: number) => void
  /** Takes a line of its error output that is a log line; false leaves it to explain an early end. */
  readonly takeLogLine?: (line: string) => boolean
  /** The child wants to be stopped and started again. */
  readonly onRestartAsked?: (words: string) => void
  /** The child wants another one to be; false where that does not run. */
  readonly onOtherRestartAsked?: (other: { name: string; pid: number }, words: string) => boolean
}

const tailLengthMax = 2_000
const lineLengthMax = 64 * 1024

export async function launchChild(options: LaunchOptions): Promise<Running> {
  const { name, clock, abort } = options
  const ready = createDeferred<string>()
  let failure: string | undefined
  const child = Bun.spawn([process.execPath, ...options.args], {
    cwd: options.folder,
    env: options.environment,
    stdin: 'ignore',
    stdout: options.readiness === 'json-line' ? 'pipe' : 'ignore',
    stderr: 'pipe',
    detached: true,
    serialization: 'json',
    ipc: (found, sender) => {
      const message = parseChildMessage(found)
      if (message?.event === 'ready') ready.resolve(message.url ?? '')
      if (message?.event === 'failed') failure = message.words
      if (message?.event === 'restart') options.onRestartAsked?.(message.words)
      if (message?.event === 'restart-other') {
        const isDone = options.onOtherRestartAsked?.(message, message.words) ?? false
        const answer: SupervisorAnswer = { event: 'answer', ask: message.ask, isDone }
        try {
          sender.send(answer)
        } catch {
          // It ended while it asked.
        }
      }
    },
  })
  options.onSpawn?.(child.pid)
  const tail = keepTail(child.stderr, options.takeLogLine)
  if (child.stdout) {
    void readLines(child.stdout, (line) => {
      const message = parseReadyLine(line)
      if (message?.event === 'ready') ready.resolve(options.toUrl?.(message.port) ?? `port ${message.port}`)
      if (message?.event === 'failed') failure = message.words
    })
  }

  const ended: Promise<Ended> = child.exited.then(async () => {
    const words = failure ?? (await tail).trim()
    return { code: child.signalCode ?? child.exitCode, words }
  })
  const stop = () => stopChild(child, options)
  const outcome = await Promise.race([
    ready.promise.then((url) => ({ url })),
    ended,
    whenAborted(abort),
    pause(clock, options.startTimeoutMs).then(() => 'too-slow' as const),
  ])
  if (typeof outcome === 'object' && 'url' in outcome) return { url: outcome.url, pid: child.pid, ended, stop }
  if (outcome === 'aborted' || outcome === 'too-slow') {
    await stop()
    throw new PlatformError(
      'timeout',
      `${name} was not ready ${outcome === 'aborted' ? 'when it was stopped' : `after ${options.startTimeoutMs} ms`}.`,
    )
  }
  throw new PlatformError(
    'unavailable',
    `${name} ended with ${outcome.code} before it was ready: ${outcome.words || 'it said nothing'}`,
  )
}

async function stopChild(child: Bun.Subprocess, options: LaunchOptions): Promise<void> {
  child.kill('SIGTERM')
  const outcome = await Promise.race([child.exited, pause(options.clock, options.stopTimeoutMs).then(() => 'too-slow')])
  if (outcome === 'too-slow') child.kill('SIGKILL')
  await child.exited
}

function whenAborted(signal: AbortSignal): Promise<'aborted'> {
  if (signal.aborted) return Promise.resolve('aborted')
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted'), { once: true }))
}

/** The end of what was written, once it was all written. */
async function keepTail(
  stream: ReadableStream<Uint8Array>,
  takeLogLine: (line: string) => boolean = () => false,
): Promise<string> {
  let tail = ''
  await readLines(stream, (line) => {
    if (!takeLogLine(line)) tail = `${tail}${line}\n`.slice(-tailLengthMax)
  })
  return tail
}

/** Reads to the end, so that the child never waits for us. A line too long for memory is cut. */
async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = (lines.pop() ?? '').slice(-lineLengthMax)
    for (const line of lines) onLine(line)
  }
  if (rest !== '') onLine(rest)
}

type ReadyLine =
  | { readonly event: 'ready'; readonly port: number }
  | { readonly event: 'failed'; readonly words: string }

function parseReadyLine(line: string): ReadyLine | undefined {
  const found = tryParseJson(line)
  if (!isJsonObject(found)) return undefined
  if (found.event === 'ready' && typeof found.port === 'number') return { event: 'ready', port: found.port }
  return found.event === 'failed' ? { event: 'failed', words: String(found.reason) } : undefined
}
