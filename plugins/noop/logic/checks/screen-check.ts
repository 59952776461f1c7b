import { DropCounter } from '../../shared/actions.ts'
import type { CheckName } from '../../shared/check-list.ts'
import { type scripts, UseScreen } from '../../shared/rpcs.ts'
import type { Gateway } from '../../shared/services.ts'
import { type Check, expectLines } from './check.ts'

/** A check whose work a screen of its own does: what it saw must be this, line by line. */
export function screenCheck(options: {
  name: CheckName
  service: Gateway
  script: (typeof scripts)[number]
  sees: readonly string[]
}): Check {
  const { name, service, script, sees } = options
  return {
    name,
    deadlineMs: 20_000,
    run: async ({ rpc, push, newId, signal }) => {
      const counterId = newId()
      const { seen } = await rpc.call(UseScreen[service], { script, counterId }, { signal })
      if (script !== 'call') await push(DropCounter, { counterId })
      expectLines(`a screen on ${service}`, sees, seen)
    },
  }
}
