import { createServer } from 'node:net'

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

/** Environment with a free port for each site, for platforms that must come back where they were. */
export async function freePorts(): Promise<Record<string, string>> {
  const found = new Set<number>()
  while (found.size < variables.length) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1))
    if (!found.has(port) && (await isFree(port))) found.add(port)
  }
  return Object.fromEntries(variables.map((name, index) => [name, String([...found][index])]))
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
