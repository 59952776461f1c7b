import { createSignal } from 'solid-js'
import { unreachable } from '#kernel/assert.ts'
import type { Clock } from '#kernel/clock.ts'
import type { ConnectionState, VortexClient } from '#vortex/client/vortex-client.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { Connection } from './peek.ts'

type Shown = ReturnType<Connection['state']>
type Facts = { readonly state: Shown; readonly words: string; readonly since: number }

/**
 * The client's state for people: a page that tries again every few seconds is offline all the while, since the
 * moment it lost the connection. What lies behind the server changes the state for people too, and with it its time.
 */
export function makeConnectionSignals(
  client: VortexClient,
  clock: Clock,
): { readonly connection: Connection; stop(): void } {
  const [facts, setFacts] = createSignal<Facts>(toFacts(client.state()))
  const [principal, setPrincipal] = createSignal<Principal | undefined>(toPrincipal(client.state()))
  const [server, setServer] = createSignal(toServer(client.state()))
  const [upstream, setUpstream] = createSignal(client.upstream())
  const [upstreamSince, setUpstreamSince] = createSignal(Number.NEGATIVE_INFINITY)
  const stops = [
    client.onState((state) => {
      setFacts((before) => toFacts(state, before))
      setPrincipal((before) => toPrincipal(state) ?? before)
      setServer((before) => toServer(state) ?? before)
    }),
    client.onUpstream((next) => {
      if (next.online !== upstream().online) setUpstreamSince(clock.now())
      setUpstream(next)
    }),
  ]
  return {
    connection: {
      state: () => facts().state,
      words: () => facts().words,
      since: () => Math.max(facts().since, upstreamSince()),
      upstream,
      principal,
      serverBuild: () => server()?.build,
      clockOffsetMs: () => server()?.clockOffsetMs,
      retryNow: client.retryNow,
    },
    stop: () => {
      for (const stop of stops) stop()
    },
  }
}

function toFacts(state: ConnectionState, before?: Facts): Facts {
  const { since } = state
  switch (state.state) {
    case 'online':
      return { state: 'online', words: '', since }
    case 'refused':
      return { state: 'refused', words: state.error.words, since }
    case 'offline':
      return { state: 'offline', words: state.words, since: before?.state === 'offline' ? before.since : since }
    case 'closed':
      return { state: 'offline', words: 'This page has closed its connection.', since }
    case 'connecting':
      return before?.state === 'offline' ? before : { state: 'connecting', words: '', since }
    default:
      return unreachable(state)
  }
}

function toPrincipal(state: ConnectionState): Principal | undefined {
  return state.state === 'online' ? state.welcome.principal : undefined
}

/** The clocks are compared as the welcome came in: what it took to come is far below what matters. */
function toServer(state: ConnectionState): { readonly build: string; readonly clockOffsetMs: number } | undefined {
  if (state.state !== 'online') return undefined
  return { build: state.welcome.build, clockOffsetMs: state.since - state.welcome.at }
}
