import { answerRpc, type PartContext, type RpcHandler } from '#plugin-api'
import { type scripts, UseScreen } from '../../shared/rpcs.ts'
import type { Gateway } from '../../shared/services.ts'
import { type BareScreen, openScreen } from './bare-screen.ts'
import { callScript } from './call-script.ts'
import { pushScript } from './push-script.ts'
import { createSeen, type Script } from './script.ts'
import { watchScript } from './watch-script.ts'

const scriptOf: { readonly [S in (typeof scripts)[number]]: Script } = {
  watch: watchScript,
  push: pushScript,
  call: callScript,
}

/** Lets a screen of its own connect to this gateway and follow a script; what it saw is for the checks to judge. */
export function answerScreen(service: Gateway, context: PartContext): RpcHandler {
  return answerRpc(UseScreen[service], async ({ script, counterId }, { signal }) => {
    const opened: BareScreen[] = []
    const open = async (device?: string): Promise<BareScreen> => {
      const site = context.site()
      const screen = await openScreen({ site, app: service, signal, ...(device !== undefined && { device }) })
      opened.push(screen)
      return screen
    }
    const seen = createSeen()
    try {
      await scriptOf[script]({ service, counterId, open, see: seen.see })
    } catch (error) {
      seen.see('then', error instanceof Error ? error.message : String(error))
    } finally {
      for (const screen of opened) screen.close()
    }
    return { seen: [...seen.lines] }
  })
}
