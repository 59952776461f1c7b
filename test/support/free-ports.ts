import { createServer } from 'node:net'

const variables = [
  'PEEK_LOGIC_PORT',
  'PEEK_FIELD_PORT',
  'PEEK_OFFICE_PORT',
  'PEEK_AGENT_PORT',
  'PEEK_WORKER_PORT',
  'PEEK_SERVICE_LINK_PORT',
]

/** Environment with a free port for each site, for platforms that must come back where they were. */
export async function freePorts(): Promise<Record<string, string>> {
  const servers = variables.map(() => createServer())
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))),
  )
  const ports = servers.map((server) => {
    const address = server.address()
    return String(typeof address === 'object' && address ? address.port : 0)
  })
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return Object.fromEntries(variables.map((name, index) => [name, ports[index] ?? '0']))
}
