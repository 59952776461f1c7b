import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const variables = [
  'PEEK_LOGIC_PORT',
  'PEEK_FIELD_PORT',
  'PEEK_OFFICE_PORT',
  'PEEK_AGENT_PORT',
  'PEEK_WORKER_PORT',
  'PEEK_SERVICE_LINK_PORT',
]

/** Below those that systems give to outgoing connections: a service that is down must find its port free when it is back. */
const [lowest, highest] = [10_000, 19_999]
/** A file a port, with the process that has it: while its service starts or is down, nothing else shows that it is taken. */
const folder = join(tmpdir(), 'peek-test-ports')
let isSwept = false

/** Environment with a port for each site, for platforms that must come back where they were: they are this process's. */
export async function freePorts(): Promise<Record<string, string>> {
  const found: number[] = []
  while (found.length < variables.length) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1))
    if (reserve(port) && (await isFree(port))) found.push(port)
  }
  return Object.fromEntries(variables.map((name, index) => [name, String(found[index])]))
}

/** Until this process ends. */
function reserve(port: number): boolean {
  mkdirSync(folder, { recursive: true })
  if (!isSwept) for (const name of readdirSync(folder)) removeUnowned(join(folder, name))
  isSwept = true
  try {
    writeFileSync(join(folder, String(port)), String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Test runs end without a word to anybody. */
function removeUnowned(file: string): void {
  try {
    // Read while it is written it is empty, and somebody's.
    const owner = Number(readFileSync(file, 'utf8'))
    if (owner > 0 && !isRunning(owner)) rmSync(file)
  } catch {
    // Another process was faster.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
