/** What a service process hears from, and says to, the operating system and its supervisor. Tests pass their own. */

/** What a child tells its supervisor over the IPC channel. */
export type ChildMessage =
  | { readonly event: 'ready'; readonly service: string; readonly url?: string }
  | { readonly event: 'failed'; readonly service: string; readonly words: string }
  /** It wants to be stopped and started again. */
  | { readonly event: 'restart'; readonly service: string; readonly words: string }
  /** It wants another child, which answers nobody, to be stopped and started again. Answered. */
  | {
      readonly event: 'restart-other'
      readonly service: string
      readonly ask: string
      readonly name: string
      readonly pid: number
      readonly words: string
    }

/** Whether that child runs here, and is stopped now. */
export type SupervisorAnswer = { readonly event: 'answer'; readonly ask: string; readonly isDone: boolean }

/** To the supervisor, where there is one. */
export type SupervisorLine = {
  /** The supervisor stops this process as ever, and starts it again at once. */
  askRestart(words: string): void
  /**
   * Another service of the same supervisor is stopped, by force when it has not stopped in its time, and started again.
   * False: no such process runs there. Rejects with `unavailable` when the supervisor does not answer.
   */
  restartOther?(other: { readonly name: string; readonly pid: number }, words: string): Promise<boolean>
}

export interface ProcessSurroundings {
  onSignal(listener: (signal: string) => void): void
  /** Only where there is a supervisor: its end of the channel closed, so it died or let us go. */
  onSupervisorGone(listener: () => void): void
  onUncaught(listener: (error: unknown) => void): void
  tellSupervisor(message: ChildMessage): void
  onSupervisorSays(listener: (found: unknown) => void): void
  /** Whether somebody hears that, and starts this process again when it ends. */
  hasSupervisor(): boolean
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
  onSupervisorSays: (listener) => {
    if (process.send) process.on('message', listener)
  },
  hasSupervisor: () => process.connected === true,
  exit: (code) => {
    process.exit(code)
  },
}

export function parseChildMessage(found: unknown): ChildMessage | undefined {
  if (typeof found !== 'object' || found === null) return undefined
  const { event, service, url, words, ask, name, pid } = found as Record<string, unknown>
  if (typeof service !== 'string') return undefined
  if (event === 'ready') return { event, service, ...(typeof url === 'string' ? { url } : {}) }
  if (typeof words !== 'string') return undefined
  if (event === 'failed' || event === 'restart') return { event, service, words }
  if (event !== 'restart-other' || typeof ask !== 'string' || typeof name !== 'string') return undefined
  return typeof pid === 'number' ? { event, service, ask, name, pid, words } : undefined
}

export function parseSupervisorAnswer(found: unknown): SupervisorAnswer | undefined {
  if (typeof found !== 'object' || found === null) return undefined
  const { event, ask, isDone } = found as Record<string, unknown>
  if (event !== 'answer' || typeof ask !== 'string' || typeof isDone !== 'boolean') return undefined
  return { event, ask, isDone }
}
