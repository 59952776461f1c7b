import { createGatewayService } from '../gateway/gateway-service.ts'
import { runRole } from '../run-role.ts'

/** The field service: the app of people in the field, and their websockets. */
export async function main(args: readonly string[]): Promise<void> {
  await runRole({ role: 'field', args, createService: (context) => createGatewayService('field', context) })
}

if (import.meta.main) await main(Bun.argv.slice(2))
