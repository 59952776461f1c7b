import type { StatusTone } from '#web/ui'

/** What the connection means to the person at the screen. */
export type ConnectionLook = { readonly tone: StatusTone; readonly title: string; readonly words: string }

export type ConnectionFacts = {
  readonly state: 'connecting' | 'online' | 'offline' | 'refused'
  readonly words: string
  readonly upstream: { readonly online: boolean; readonly words: string }
}

export function connectionLook({ state, words, upstream }: ConnectionFacts): ConnectionLook {
  switch (state) {
    case 'connecting':
      return { tone: 'busy', title: 'Connecting', words: words || 'Connecting to the server.' }
    case 'offline':
      return { tone: 'warning', title: 'Offline', words: words || 'The server cannot be reached.' }
    case 'refused':
      return { tone: 'alarm', title: 'Refused', words: words || 'The server refused this app.' }
    case 'online':
      if (upstream.online) return { tone: 'normal', title: 'Online', words: 'Everything shown is live.' }
      return {
        tone: 'warning',
        title: 'Logic unreachable',
        words: upstream.words || 'The server is there, but the logic service behind it does not answer.',
      }
  }
}
