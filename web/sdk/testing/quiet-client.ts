import type { ConnectionState, VortexClient } from '#vortex/client/vortex-client.ts'

/** A client that does nothing but ask, for tests that bring frames to observers themselves. */
export function createQuietClient(options: {
  readonly isOnline: () => boolean
  readonly ask: VortexClient['ask']
}): VortexClient {
  const nothing = () => undefined
  return {
    state: () => (options.isOnline() ? online : offline),
    onState: () => nothing,
    upstream: () => ({ online: true, words: '' }),
    onUpstream: () => nothing,
    act: () => new Promise(() => undefined),
    ask: options.ask,
    onEffects: () => nothing,
    observe: () => nothing,
    report: nothing,
    retryNow: nothing,
    close: nothing,
  }
}

const online: ConnectionState = {
  state: 'online',
  since: 0,
  welcome: {
    k: 'welcome',
    version: 4,
    session: '',
    service: 'field',
    instance: '',
    build: '',
    principal: { user: 'guest', device: '', service: 'field', roles: [] },
    beatMs: 1,
    silenceMs: 1,
    at: 0,
  },
}
const offline: ConnectionState = { state: 'offline', since: 0, words: '', retryAt: 0 }
