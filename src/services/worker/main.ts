/** Runs a worker as a process: `bun src/services/worker/main.ts --home DIR`. */
import { runRole } from '../run-role.ts'
import { createWorkerService } from './worker-service.ts'

export async function main(args: readonly string[]): Promise<void> {
  await runRole({ role: 'worker', args, createService: createWorkerService })
}

if (import.meta.main) await main(Bun.argv.slice(2))
