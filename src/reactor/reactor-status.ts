import { logStart, type Position } from '#kernel/position.ts'
import { type ReactorDefinition, reactorId } from './define-reactor.ts'

/** `held`: so many entities wait for a try that nothing further is read. */
export type ReactorState = 'starting' | 'catching-up' | 'live' | 'held' | 'stalled' | 'stopped'

export type ReactorStatus = {
  readonly id: string
  readonly plugin: string
  readonly name: string
  readonly version: number
  readonly state: ReactorState
  /** Up to here every event is done or noted. */
  readonly position: Position
  /** Effects had since the reactor first ran. */
  readonly doneCount: number
  /** Effects under way. */
  readonly runningCount: number
  /** Events that wait for a try, or behind one that does, and the entities they belong to. */
  readonly waitingCount: number
  readonly waitingStreams: number
  readonly deadCount: number
  readonly lastError: string | null
  readonly lastErrorStream: string | null
  readonly lastDoneAt: number | null
}

export function firstStatus(definition: ReactorDefinition): ReactorStatus {
  const { plugin, name, version } = definition
  return {
    id: reactorId(definition),
    plugin,
    name,
    version,
    state: 'starting',
    position: logStart,
    doneCount: 0,
    runningCount: 0,
    waitingCount: 0,
    waitingStreams: 0,
    deadCount: 0,
    lastError: null,
    lastErrorStream: null,
    lastDoneAt: null,
  }
}
