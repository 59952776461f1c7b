import type { JobRetry } from '#job/define-job.ts'
import type { JobTryLine } from '#job/job-lines.ts'
import { isJsonObject, type JsonObject } from '#kernel/json.ts'
import type { DiscoveredPlugin } from '#plugin-host/discover-plugins.ts'
import {
  type CallAnswered,
  type CallMessage,
  type CallOffMessage,
  isCallMessage,
  isCallOffMessage,
} from './call-messages.ts'

/** All that a worker and a process of its own say to each other over their channel. */

/** Where a plugin's code and its things are. Passed over the channel: arguments and environment can be read by others. */
export type PluginPlace = {
  readonly plugin: DiscoveredPlugin
  readonly files: string
  readonly databaseUrl: string
}

export type AskedTry = {
  readonly jobId: string
  readonly job: string
  readonly tryNumber: number
  readonly input: JsonObject
}

export type ToJobProcess =
  | { readonly kind: 'load'; readonly place: PluginPlace }
  /** `mark` is written behind the last of what the job wrote to its output. */
  | { readonly kind: 'run'; readonly asked: AskedTry; readonly mark: string }
  | { readonly kind: 'abort'; readonly why: string }
  | CallAnswered

/** What the code says of a job, as far as the worker needs it. */
export type KnownJob = {
  readonly name: string
  readonly timeoutMs: number
  readonly retry: JobRetry
  readonly process: 'fresh' | 'reused'
}

export type TryEnd =
  | { readonly at: 'succeeded'; readonly output: JsonObject }
  | { readonly at: 'failed'; readonly cause: 'threw' | 'bad-input' | 'bad-output'; readonly error: string }

export type FromJobProcess =
  | { readonly kind: 'listening' }
  | { readonly kind: 'loaded'; readonly jobs: readonly KnownJob[] }
  | { readonly kind: 'load-failed'; readonly words: string }
  | { readonly kind: 'progress'; readonly share: number; readonly words?: string }
  | { readonly kind: 'line'; readonly line: JobTryLine }
  | { readonly kind: 'ended'; readonly end: TryEnd; readonly memoryBytes: number }
  | CallMessage
  | CallOffMessage

const kinds: readonly string[] = [
  'listening',
  'loaded',
  'load-failed',
  'progress',
  'line',
  'ended',
  'call',
  'call-off',
] satisfies FromJobProcess['kind'][]

/** A job may send what it likes over the channel of its process: what has no kind of ours is not ours. */
export function parseJobProcessMessage(found: unknown): FromJobProcess | undefined {
  if (!isJsonObject(found) || typeof found.kind !== 'string' || !kinds.includes(found.kind)) return undefined
  if (found.kind === 'call') return isCallMessage(found) ? found : undefined
  if (found.kind === 'call-off') return isCallOffMessage(found) ? found : undefined
  return found as FromJobProcess
}
