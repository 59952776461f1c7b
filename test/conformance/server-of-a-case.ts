/** Servers of ours in processes of their own: one that a case has for itself, and one with TLS and users. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
// Not by its area: the bundle for Node takes such names for packages.
import { freePorts } from '../support/free-ports.ts'
import type { RunnerOrder } from './case-outcome.ts'
import type { Credentials } from './conformance-client.ts'

export type ServerOfACase = {
  /** Names nobody: who calls is said by who opens a client. */
  readonly connectionString: string
  /** Stops in order, or at once, and starts again on the same file and port. */
  restart(how?: 'in order' | 'killed'): Promise<void>
  stop(): Promise<void>
}

export type SecureServer = Omit<ServerOfACase, 'restart'> & { readonly admin: Credentials }

type OwnServer = NonNullable<RunnerOrder['ownServer']>

export async function startServerOfACase(ownServer: OwnServer): Promise<ServerOfACase> {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-case-'))
  const start = (port: number) => startProcess(ownServer, ['--file', join(folder, 'events.db'), '--port', String(port)])
  // One that nobody else is given while the server is down.
  const { PEEK_LOGIC_PORT: port } = await freePorts()
  let running = await start(Number(port))
  return {
    connectionString: running.ready.connectionString,
    async restart(how = 'in order') {
      await end(running.child, how === 'killed' ? 'SIGKILL' : 'SIGTERM')
      running = await start(running.ready.port)
    },
    async stop() {
      await end(running.child, 'SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export async function startSecureServer(ownServer: OwnServer): Promise<SecureServer> {
  const folder = mkdtempSync(join(tmpdir(), 'event-store-secure-'))
  const admin = { username: 'admin', password: 'of-administrators' }
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, admin.password, { mode: 0o600 })
  const passwords = ['--admin-password-file', passwordFile, '--ops-password-file', passwordFile]
  const { child, ready } = await startProcess(ownServer, [
    ...['--file', join(folder, 'events.db'), '--port', '0', '--tls-folder', join(folder, 'tls')],
    ...passwords,
  ])
  return {
    connectionString: ready.connectionString,
    admin,
    async stop() {
      await end(child, 'SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type ReadyLine = { readonly event: string; readonly port: number; readonly connectionString: string }

async function startProcess({ bunPath, serverEntry }: OwnServer, args: readonly string[]) {
  const child = spawn(bunPath, [serverEntry, ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
  for await (const line of createInterface({ input: child.stdout })) {
    const ready: ReadyLine = JSON.parse(line)
    if (ready.event !== 'ready') throw new Error(`The server of the case did not start: ${line}`)
    return { child, ready }
  }
  throw new Error('The server of the case ended before it was ready.')
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill(signal)
  })
}
