import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** An agent process with a home of its own, which may be killed and started again. */
export interface AgentProcess {
  /** Resolves when all are on its disk; rejects when the agent ends before that. */
  put(actions: readonly { id: string; row: string }[]): Promise<void>
  waitingCount(): Promise<number>
  kill(): Promise<void>
}

const startMsMax = 60_000

export async function startAgent(options: {
  home: string
  name: string
  port: number
  link: { port: number; secret: string }
}): Promise<AgentProcess> {
  const { home, name, port, link } = options
  const folder = join(home, 'agent')
  mkdirSync(folder, { recursive: true })
  const config = {
    instance: { name },
    httpServer: { sitePort: port },
    serviceLink: { host: '127.0.0.1', port: link.port, secret: link.secret },
  }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  const child = Bun.spawn([process.execPath, resolve(import.meta.dir, 'agent-process.ts'), '--home', home], {
    stdout: 'ignore',
    stderr: 'inherit',
  })
  const url = `http://127.0.0.1:${port}`
  const status = async () => (await (await fetch(`${url}/queue`)).json()) as { waitingCount: number }
  const giveUpAt = performance.now() + startMsMax
  while (!(await status().catch(() => undefined))) {
    if (child.exitCode !== null || performance.now() > giveUpAt) {
      child.kill('SIGKILL')
      throw new Error(`agent "${name}" did not start`)
    }
    await Bun.sleep(20)
  }
  return {
    put: async (actions) => {
      const response = await fetch(`${url}/put`, { method: 'POST', body: JSON.stringify({ actions }) })
      if (!response.ok) throw new Error(`agent "${name}" did not store: ${await response.text()}`)
    },
    waitingCount: async () => (await status()).waitingCount,
    kill: async () => {
      child.kill('SIGKILL')
      await child.exited
    },
  }
}
