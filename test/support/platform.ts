/**
 * The whole platform as a newcomer starts it, `up --json`, in a folder of its own with free ports.
 *
 * Promises: resolves when every part is ready; `parts` is kept up to date as parts die and come back; disposing stops
 * everything it started and removes the folder.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { tryParseJson } from '#kernel/json.ts'
import { eventually } from './eventually.ts'
import { makeHome } from './make-home.ts'

export const projectFolder = resolve(import.meta.dir, '../..')

export type PlatformPart = { readonly service: string; readonly url?: string; readonly pid?: number }
type Line = {
  readonly event: string
  readonly service?: string
  readonly url?: string
  readonly pid?: number
  readonly seconds?: number
}

export interface Platform extends AsyncDisposable {
  readonly home: string
  readonly supervisorPid: number
  readonly secondsToUp: number
  part(service: string): PlatformPart
  url(service: string): string
  /** Resolves with the next line of this kind about this service. */
  next(event: string, service?: string): Promise<Line>
  /** Resolves when the service has logic and the parts of its plugins; it is `ready` for `up` as soon as it listens. */
  untilTakesWork(service: string): Promise<void>
  lines(): readonly Line[]
  /** All that was written to standard output, a text a line. */
  output(): readonly string[]
  /** Ends the supervisor without a word; its children notice. */
  killSupervisor(): Promise<void>
  stop(): Promise<void>
}

export type PlatformOptions = {
  readonly home?: string
  readonly environment?: Readonly<Record<string, string>>
  /** What stands in `<home>/<role>/config.json` from the first start on; the rest is as usual. */
  readonly config?: Readonly<Record<string, object>>
  readonly keepHome?: boolean
}

const freePorts = {
  PEEK_LOGIC_PORT: '0',
  PEEK_FIELD_PORT: '0',
  PEEK_OFFICE_PORT: '0',
  PEEK_AGENT_PORT: '0',
  PEEK_WORKER_PORT: '0',
  PEEK_SERVICE_LINK_PORT: '0',
  PEEK_EVENT_STORE_PORT: '0',
  PEEK_POSTGRES_PORT: '0',
}
const upDeadlineMs = 100_000

export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const home = options.home ?? makeHome('peek-platform-')
  for (const [role, config] of Object.entries(options.config ?? {})) {
    mkdirSync(join(home, role), { recursive: true, mode: 0o700 })
    writeFileSync(join(home, role, 'config.json'), JSON.stringify(config), { mode: 0o600 })
  }
  const lines: Line[] = []
  const output: string[] = []
  const waiting = new Set<{
    event: string
    service: string | undefined
    resolve(line: Line): void
    reject(error: Error): void
  }>()
  const parts = new Map<string, PlatformPart>()
  const child = Bun.spawn([process.execPath, 'src/cli/main.ts', 'up', '--home', home, '--json'], {
    cwd: projectFolder,
    env: { ...process.env, ...freePorts, ...options.environment },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  let complaints = ''
  const take = (text: string): void => {
    output.push(text)
    const line = tryParseJson(text)
    if (typeof line !== 'object' || line === null || !('event' in line)) return
    const known = line as Line
    lines.push(known)
    if (known.event === 'ready' && known.service !== undefined)
      parts.set(known.service, { ...known, service: known.service })
    for (const wait of waiting)
      if (wait.event === known.event && (wait.service === undefined || wait.service === known.service)) {
        waiting.delete(wait)
        wait.resolve(known)
      }
  }
  const reading = readLines(child.stdout, take)
  void readLines(child.stderr, (line) => {
    complaints = `${complaints}${line}\n`.slice(-4_000)
  })
  void child.exited.then((code) => {
    for (const wait of waiting) wait.reject(new Error(`up ended with ${code} before "${wait.event}":\n${complaints}`))
    waiting.clear()
  })

  const next = (event: string, service?: string): Promise<Line> =>
    new Promise((resolveNext, reject) => waiting.add({ event, service, resolve: resolveNext, reject }))

  const timer = AbortSignal.timeout(upDeadlineMs)
  const tooLate = new Promise<never>((_, reject) => {
    timer.addEventListener('abort', () =>
      reject(new Error(`the platform was not up in ${upDeadlineMs} ms:\n${complaints}`)),
    )
  })
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) child.kill('SIGTERM')
    await child.exited
    await reading
  }
  const up = await Promise.race([next('up'), tooLate]).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return {
    home,
    supervisorPid: child.pid,
    secondsToUp: up.seconds ?? Number.NaN,
    part: (service) => {
      const part = parts.get(service)
      if (!part) throw new Error(`up never said that "${service}" is ready; it said ${[...parts.keys()].join(', ')}`)
      return part
    },
    url: (service) => parts.get(service)?.url ?? '',
    next,
    untilTakesWork: (service) =>
      eventually(`${service} takes work`, async () => {
        const answer = await fetch(`${parts.get(service)?.url}/ready`).catch(() => undefined)
        return answer?.ok === true
      }),
    lines: () => lines,
    output: () => output,
    killSupervisor: async () => {
      child.kill('SIGKILL')
      await child.exited
    },
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop()
      if (!options.keepHome) rmSync(home, { recursive: true, force: true })
    },
  }
}

async function readLines(stream: ReadableStream<Uint8Array>, take: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of stream) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    for (const line of parts) take(line)
  }
  if (rest) take(rest)
}
