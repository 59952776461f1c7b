import { runRole } from '../run-role.ts'
import { createLogicService } from './logic-service.ts'

/** The logic service: where actions are decided and read models are made. */
export async function main(args: readonly string[]): Promise<void> {
  await runRole({ role: 'logic', args, createService: createLogicService })
}

if (import.meta.main) await main(Bun.argv.slice(2))
