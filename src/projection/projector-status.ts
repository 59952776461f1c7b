import { logStart, type Position } from '#kernel/position.ts'
import { type ProjectionDefinition, projectionId } from './define-projection.ts'

/** Where a projector stands (P6): a dead or stalled one shows as such. */
export type ProjectorState =
  | 'starting'
  | 'catching-up'
  | 'live'
  | 'resetting'
  | 'frozen'
  | 'stalled'
  | 'failed'
  | 'stopped'

export type ProjectorStatus = {
  readonly id: string
  readonly plugin: string
  readonly name: string
  /** Of the rows, and of the code that is loaded: they differ until a rebuild has swapped. */
  readonly version: number
  readonly loadedVersion: number
  readonly state: ProjectorState
  /** How far the log was looked through. */
  readonly position: Position
  readonly incarnation: string
  readonly eventCount: number
  readonly parkedCount: number
  readonly lastError: string | null
  /** The event that error is about, when it is about one. */
  readonly lastErrorEventId: string | null
  readonly lastErrorPosition: Position | null
  readonly lastErrorStream: string | null
  /** Why the rows stand still, in `frozen`. */
  readonly frozenWords: string | null
  /** When the newest projected event was recorded, and when the last commit was; milliseconds since 1970. */
  readonly lastEventAt: number | null
  readonly lastCommitAt: number | null
}

export function firstStatus(definition: ProjectionDefinition): ProjectorStatus {
  const { plugin, name, version } = definition
  return {
    id: projectionId(definition),
    plugin,
    name,
    version,
    loadedVersion: version,
    state: 'starting',
    position: logStart,
    incarnation: '',
    eventCount: 0,
    parkedCount: 0,
    lastError: null,
    lastErrorEventId: null,
    lastErrorPosition: null,
    lastErrorStream: null,
    frozenWords: null,
    lastEventAt: null,
    lastCommitAt: null,
  }
}
