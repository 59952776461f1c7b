/** What a service process hears from, and says to, the operating system and its supervisor. Tests pass their own. */

/** What a child tells its supervisor over the IPC channel. */
export type ChildMessage =
  | { readonly event: 'ready'; readonly service: string; readonly url?: string }
  | { readonly event: 'failed'; readonly service: string; readonly words: string }

export interface ProcessSurroundings {
  onSignal(listener: (signal: string) => void): void
  /** Only where there is a supervisor: its end of the channel closed, so it died or let us go. */
  onSupervisorGone(listener: () => void): void
  onUncaught(listener: (error: unknown) => void): void
  tellSupervisor(message: ChildMessage): void
  exit(code: number): void
}

const endSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

export const currentProcess: ProcessSurroundings = {
  onSignal: (listener) => {
    for (const signal of endSignals) process.on(signal, () => listener(signal))
  },
  onSupervisorGone: (listener) => {
    // Without a supervisor there is no channel, and listening would be pointless.
    if (process.send) process.on('disconnect', listener)
  },
  onUncaught: (listener) => {
    process.on('uncaughtException', listener)
    process.on('unhandledRejection', listener)
  },
  tellSupervisor: (message) => {
    if (process.connected) process.send?.(message)
  },
  exit: (code) => {
    process.exit(code)
  },
}

export function parseChildMessage(found: unknown): ChildMessage | undefined {
  if (typeof found !== 'object' || found === null) return undefined
  const { event, service, url, words } = found as Record<string, unknown>
  if (typeof service !== 'string') return undefined
  if (event === 'ready') return { event, service, ...(typeof url === 'string' ? { url } : {}) }
  return event === 'failed' && typeof words === 'string' ? { event, service, words } : undefined
}
