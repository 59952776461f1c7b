import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { answerRpc, type PartContext, type RpcHandler } from '#plugin-api'
import { noopSettings } from '../settings.ts'
import { AskSettings, AskUnload, Echo, FetchRoute, KeepFile, Ping, Relay } from '../shared/rpcs.ts'
import type { Service } from '../shared/services.ts'
import { routePath } from './common-routes.ts'
import { beginProbe, describeEarlier } from './unload-probe.ts'

const fetchMsMax = 3_000

/** The calls that every part answers alike: made once a part, since one counts how often its settings changed. */
export function commonRpcs(service: Service, context: PartContext): readonly RpcHandler[] {
  const { rpc, settings } = context
  beginProbe(service, context, () => rpc.call(Ping[service], {}))
  let changeCount = 0
  settings.onChange(() => {
    changeCount++
  })
  return [
    answerRpc(Ping[service], () => ({ words: `the part on ${service} runs` })),
    answerRpc(Echo[service], (values) => ({ ...values, heardOn: service })),
    answerRpc(Relay[service], ({ to, ...values }, { signal }) => rpc.call(Echo[to], values, { signal })),
    answerRpc(KeepFile[service], ({ name, words }) => keepFile(join(context.files(), name), words)),
    answerRpc(AskSettings[service], () => ({ mark: settings.get(noopSettings).mark, changeCount })),
    answerRpc(AskUnload[service], async () => ({ seen: await describeEarlier(service) })),
    answerRpc(FetchRoute[service], async ({ token }, { signal }) => {
      const response = await fetch(`${context.site()}${routePath(service)}?token=${token}`, {
        // A certificate of our own site names the machine as others call it.
        tls: { rejectUnauthorized: false },
        signal: AbortSignal.any([signal, AbortSignal.timeout(fetchMsMax)]),
      })
      return { status: response.status, body: (await response.text()).slice(0, 2_000) }
    }),
  ]
}

function keepFile(path: string, words: string): { found: string; isGone: boolean } {
  writeFileSync(path, words, { mode: 0o600 })
  const found = readFileSync(path, 'utf8')
  rmSync(path)
  return { found, isGone: !existsSync(path) }
}
