import type { Clock } from '#kernel/clock.ts'
import { tryParseJson } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import type { HeldKeys } from '#rest/keys/held-keys.ts'
import { type AgentApi, type KeyRequest, keyAnswerSchema, keyRequestName } from '#rest/keys/key-request.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import { parseWith } from '#vortex/protocol/parse.ts'

/**
 * Keeps the keys of an agent as logic has them, and tells logic what may be asked here and which keys were used.
 *
 * Promises: a key that was made or revoked counts here within a few seconds while logic is there, and at once when it
 * comes back; while it is away what is held goes on; never two questions at a time; `stop` ends it.
 */
export interface KeyPull {
  noteUse(id: string): void
  /** Without waiting for the next turn. */
  askNow(): Promise<void>
  stop(): void
}

const everyMsDefault = 2_000
const deadlineMs = 5_000

export function startKeyPull(options: {
  client: Pick<VortexClient, 'ask' | 'state' | 'onState'>
  held: HeldKeys
  apis: () => readonly AgentApi[]
  clock: Clock
  log: Log
  everyMs?: number
}): KeyPull {
  const { client, held, apis, clock, log, everyMs = everyMsDefault } = options
  /** By key, since the last answer. */
  let uses = new Map<string, number>()
  let cancel: () => void = () => undefined
  let asking: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  let isStopped = false
  let wasRefused = false

  /** One that is under way may have been answered before what changed: the next one begins after it. */
  const ask = (): Promise<void> => {
    next ??= asking.then(() => {
      asking = askOnce()
      next = undefined
      return asking
    })
    return next
  }
  const askOnce = async (): Promise<void> => {
    if (isStopped || client.state().state !== 'online') return
    const told = uses
    uses = new Map()
    const request: KeyRequest = {
      version: held.version(),
      uses: [...told].map(([id, at]) => ({ id, at })),
      apis: [...apis()],
    }
    try {
      take(await client.ask(keyRequestName, JSON.stringify(request), deadlineMs))
      wasRefused = false
    } catch (error) {
      uses = new Map([...told, ...uses])
      if (!wasRefused && client.state().state === 'online')
        log.warning('logic did not give the API keys; those that are held go on', { because: describeError(error) })
      wasRefused = true
    }
  }
  const take = (text: string): void => {
    const parsed = parseWith(keyAnswerSchema, tryParseJson(text))
    if (!parsed.ok) throw new Error(`an answer about API keys is wrong: ${parsed.words}`)
    const { version, keys } = parsed.value
    if (!keys || isStopped) return
    held.replace({ version, keys })
    log.info('the API keys are known', { count: keys.length })
  }
  const schedule = (): void => {
    cancel = clock.after(everyMs, () => void ask().then(() => isStopped || schedule()))
  }
  const unlisten = client.onState((state) => {
    if (state.state === 'online') void ask()
  })
  void ask()
  schedule()
  return {
    noteUse: (id) => uses.set(id, clock.now()),
    askNow: ask,
    stop: () => {
      isStopped = true
      cancel()
      unlisten()
    },
  }
}
