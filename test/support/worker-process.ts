/**
 * A worker as a process of its own: of a platform that runs, or without a logic, with the plugins it is said to have known last.
 *
 * Promises: resolves when its site listens; `kill` ends it without a word, `stop` in order.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isJsonObject } from '#kernel/json.ts'
import { makeHome } from './make-home.ts'

export type WorkerProcess = {
  readonly pid: number
  readonly url: string
  readonly home: string
  /** All that it logged. */
  output(): string
  kill(): Promise<void>
  stop(): Promise<number>
}

export const testPluginFolder = resolve(import.meta.dir, 'plugins')
const projectFolder = resolve(import.meta.dir, '../..')

export async function startWorkerProcess(options: {
  readonly eventStore: string
  readonly databaseUrl: string
  /** Without a logic. */
  readonly plugins?: readonly string[]
  /** Says where logic is. */
  readonly environment?: Readonly<Record<string, string>>
  readonly places: number
  readonly jobs?: { readonly [option: string]: number }
  readonly home?: string
}): Promise<WorkerProcess> {
  const home = options.home ?? makeHome('peek-worker-')
  mkdirSync(join(home, 'worker'), { recursive: true })
  const known = { enabled: options.plugins, settings: {}, mark: 'test' }
  if (options.plugins) writeFileSync(join(home, 'worker', 'plugins.json'), JSON.stringify(known))
  const config = { jobs: options.jobs ?? {} }
  writeFileSync(join(home, 'worker', 'config.json'), JSON.stringify(config), { mode: 0o600 })
  let output = ''
  const listening = Promise.withResolvers<string>()
  const child = Bun.spawn([process.execPath, 'src/services/worker/main.ts', '--home', home], {
    cwd: projectFolder,
    env: {
      ...process.env,
      // Nobody listens there.
      PEEK_SERVICE_LINK_PORT: '1',
      PEEK_EVENT_STORE: options.eventStore,
      DATABASE_URL: options.databaseUrl,
      PEEK_WORKER_PLACES: String(options.places),
      PEEK_PLUGIN_FOLDER: testPluginFolder,
      PEEK_SERVICE_SECRET: 'a secret of the tests that is long enough',
      ...options.environment,
      // The platform's own worker has the one that is set there.
      PEEK_WORKER_PORT: '0',
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    serialization: 'json',
    // It ends with this process, and says on it that it is ready.
    ipc: (found) => {
      if (isJsonObject(found) && found.event === 'ready') listening.resolve(String(found.url))
    },
  })
  const keep = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const bytes of stream) output = (output + decoder.decode(bytes, { stream: true })).slice(-200_000)
  }
  const reading = Promise.all([keep(child.stdout), keep(child.stderr)])
  void child.exited.then((code) => listening.reject(new Error(`the worker ended with ${code}:\n${output}`)))
  const url = await listening.promise
  const over = async (): Promise<number> => {
    const code = await child.exited
    await reading
    if (options.home === undefined) rmSync(home, { recursive: true, force: true })
    return code
  }
  return {
    pid: child.pid,
    url,
    home,
    output: () => output,
    kill: async () => {
      child.kill('SIGKILL')
      await over()
    },
    stop: () => {
      child.kill('SIGTERM')
      return over()
    },
  }
}
