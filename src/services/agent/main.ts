/** Runs the agent as a process: `bun src/services/agent/main.ts --home DIR`. */
import { runRole } from '../run-role.ts'
import { createAgentService } from './agent-service.ts'

export async function main(args: readonly string[]): Promise<void> {
  await runRole({ role: 'agent', args, createService: createAgentService })
}

if (import.meta.main) await main(Bun.argv.slice(2))
