import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { answerRpc, defineSettings, type PartContext, type PartRoutes, type RpcHandler } from '#plugin-api'
import { text } from '#plugin-api/shared'
import { Ask, type Service, services, Wait } from './shared/hoard.ts'

export const hoardSettings = defineSettings('hoard', {
  fields: { wish: text() },
  defaults: { wish: '' },
  words: { wish: 'Heard by every part.' },
})

/** One a run of a part: also what is left of it later would write under this name. */
const births = new WeakMap<object, string>()
const birthOf = (context: PartContext): string => {
  const bornAt = births.get(context) ?? crypto.randomUUID()
  births.set(context, bornAt)
  return bornAt
}

/** Writes down that something of this run is alive; the folder is asked for once, so that a leftover could write too. */
export function makeNote(context: PartContext): (what: string) => void {
  const [file, bornAt] = [join(context.files(), 'alive'), birthOf(context)]
  return (what) => appendFileSync(file, `${what} ${bornAt}\n`)
}

/** Begins what every part can begin, and answers for it. */
export function hoard(service: Service, context: PartContext): readonly RpcHandler[] {
  const note = makeNote(context)
  context.every(20, () => note('timer'))
  context.settings.onChange(() => note('setting'))
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
  context.onStop(() => server.stop(true))
  // Work that nothing but the end of the part ends: calls to all services, and a request to its own site.
  for (const to of services) context.after(1, () => context.rpc.call(Wait[to], {}).then(ignore, ignore))
  if (service !== 'logic') context.after(100, () => fetchForever(service, context))
  return [
    answerRpc(Ask[service], () => ({ bornAt: birthOf(context) })),
    answerRpc(Wait[service], (_, { signal }) => untilAborted(signal)),
  ]
}

export function hoardRoutes(service: Service): PartRoutes<PartContext> {
  return (routes, context) => {
    routes.get('/about', (c) => c.json({ service, bornAt: birthOf(context) }))
    routes.get('/wait', async (c) => {
      await untilAborted(context.signal)
      return c.text('it stops')
    })
  }
}

async function fetchForever(service: Service, { site, signal }: PartContext): Promise<void> {
  const path = service === 'agent' || service === 'worker' ? '/p/hoard/wait' : '/p/hoard/api/wait'
  await fetch(`${site()}${path}`, { signal }).then(ignore, ignore)
}

function untilAborted(signal: {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void): void
}): Promise<Record<string, never>> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve({})
    signal.addEventListener('abort', () => resolve({}))
  })
}

const ignore = (): void => undefined
