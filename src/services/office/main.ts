import { createGatewayService } from '../gateway/gateway-service.ts'
import { runRole } from '../run-role.ts'

/** The office service: the app of the control room and the desks, and their websockets. */
export async function main(args: readonly string[]): Promise<void> {
  await runRole({ role: 'office', args, createService: (context) => createGatewayService('office', context) })
}

if (import.meta.main) await main(Bun.argv.slice(2))
