import type { RecordedEvent } from '#event-store/event-store.ts'
import type { WatchedFields } from './change-stream.ts'
import type { ProjectionDefinition } from './define-projection.ts'

/**
 * A projection that can be run: its definition, and the upcasters of the same code, so that a kept earlier version sees
 * events as it knew them.
 */
export type ProjectionCode = {
  readonly definition: ProjectionDefinition
  readonly upcast: (event: RecordedEvent) => RecordedEvent
  /** What the observables of that code show of its tables, where that is not said beside it. */
  readonly watchedFields?: WatchedFields
}

/** The code of earlier versions, kept so that they can go on running after an upgrade, and be returned to. */
export interface KeptProjectionCode {
  /** Undefined when that version was never kept. */
  find(projection: string, version: number): Promise<ProjectionCode | undefined>
  /** Versions that can be found, newest first. */
  versions(projection: string): Promise<readonly { readonly version: number; readonly keptAt: number }[]>
}
