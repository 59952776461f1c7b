import type { VortexClient } from '#vortex/client/vortex-client.ts'
import type { OutboxTransport } from './outbox.ts'

/**
 * The connection as the outbox needs it: online when logic can be reached, and as the user whose outbox it is. One action is
 * tried once; the outbox decides what follows.
 */
export function toOutboxTransport(
  client: Pick<VortexClient, 'state' | 'onState' | 'upstream' | 'onUpstream' | 'act'>,
  user?: string,
): OutboxTransport {
  return {
    state: () => {
      const state = client.state()
      switch (state.state) {
        case 'refused':
          // A version that no side speaks any more is nothing a sign-in would heal.
          return { is: state.error.kind === 'forbidden' ? 'signed-out' : 'offline', words: state.error.words }
        case 'online': {
          const other = state.welcome.principal.user
          if (user !== undefined && other !== user) return { is: 'signed-out', words: otherUserWords(other, user) }
          const { online, words } = client.upstream()
          return online ? { is: 'online' } : { is: 'offline', words }
        }
        case 'offline':
          return { is: 'offline', words: state.words }
        default:
          return { is: 'offline', words: 'There is no connection yet.' }
      }
    },
    onState: (listener) => {
      const stops = [client.onState(listener), client.onUpstream(listener)]
      return () => {
        for (const stop of stops) stop()
      }
    },
    act: (action, body) => client.act(action, body, { retry: false }),
  }
}

function otherUserWords(other: string, user: string): string {
  return `You are signed in as ${other}. What waits here was entered by ${user}, and is sent when ${user} is signed in.`
}
