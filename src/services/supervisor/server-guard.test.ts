import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guardServer } from './server-guard.ts'

const folder = mkdtempSync(join(tmpdir(), 'peek-guard-'))
const guardFile = join(folder, 'guard')
const pidFile = join(folder, 'postmaster.pid')
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const guardModule = join(import.meta.dir, 'server-guard.ts')

function startServer() {
  const server = Bun.spawn(['sleep', '60'])
  writeFileSync(pidFile, `${server.pid}\n/data\n`)
  return server
}

test.skipIf(process.platform === 'win32')('a server ends after a supervisor that was killed', async () => {
  const server = startServer()
  const options = JSON.stringify({ guardFile, pidFile, pid: server.pid, graceSeconds: 0 })
  const program = `const { guardServer } = await import(${JSON.stringify(guardModule)})
guardServer(${options}); console.log('ready'); setInterval(() => undefined, 1000)`
  const supervisor = Bun.spawn([process.execPath, '-e', program], { stdout: 'pipe' })
  await supervisor.stdout.getReader().read()
  expect(server.exitCode).toBeNull()

  supervisor.kill('SIGKILL')
  await server.exited
  expect(server.signalCode).toBe('SIGINT')
})

test.skipIf(process.platform === 'win32')('a guard that was taken away leaves the server', async () => {
  await using cleanup = new AsyncDisposableStack()
  const server = startServer()
  cleanup.defer(() => server.kill('SIGKILL'))
  const release = guardServer({ guardFile, pidFile, pid: server.pid, graceSeconds: 0 })
  await release()
  expect(server.exitCode).toBeNull()
})
