import type { Log } from '#kernel/log.ts'
import type { Rpc } from '#rpc/rpc.ts'
import type { Database } from '#storage/database.ts'
import type { Fields, FieldValues } from '#vortex/protocol/tuple.ts'
import type { JobDefinition } from './define-job.ts'

/** What a job's code is given on a worker, in a process where no other job runs at the same time. */
export type JobContext = {
  readonly jobId: string
  /** 1 for the first; again from 1 when a person has a parked job tried again. A try that was given back is not counted. */
  readonly tryNumber: number
  /** Aborted when it is cancelled, its time is over, or its worker stops or has lost it; the process is ended a little later. */
  readonly signal: AbortSignal
  /** Shown to whoever watches; `share` from 0 to 1. Cheap: what comes too often is left out. */
  progress(share: number, words?: string): void
  /** The same for every try of this job: for whoever is called, so that a repeat counts once there. */
  idempotencyKey(effect?: string): string
  /** The plugin's own schema; opened when it is first asked for. */
  readonly database: Database
  /** The plugin's own folder on this machine: another try may run on another one. */
  readonly files: string
  /**
   * Calls to parts of plugins, as a worker: the definition accepts them from `worker`. Made over the worker's connection.
   * None waits for longer than the job may run; when the job is told to end, or is over, they are given up.
   */
  readonly rpc: Rpc
  /** Lines go to the log of the worker, and to whoever watches the job. */
  readonly log: Log
}

export type JobHandler = {
  readonly job: JobDefinition
  run(input: object, context: JobContext): Promise<object> | object
}

export function runJob<I extends Fields, O extends Fields>(
  job: JobDefinition<I, O>,
  run: (input: FieldValues<I>, context: JobContext) => Promise<FieldValues<O>> | FieldValues<O>,
): JobHandler {
  // Whoever runs a handler has checked the input against this same definition.
  return { job, run: (input, context) => run(input as FieldValues<I>, context) }
}
