import type { Appended, ExpectedRevision } from '#event-store/event-store.ts'
import { toMetadata } from '#event-store/metadata.ts'
import { platformStream } from '#event-store/stream-name.ts'
import { newUuid } from '#kernel/ids.ts'
import type { JsonObject } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { AdminApiOptions } from './admin-options.ts'
import { assertPlatformEvent } from './platform-events.ts'

export type Decision = {
  /** `peek.<Noun><PastVerb>`. */
  readonly type: string
  /** What it is about: the platform stream and the id in it. */
  readonly about: { readonly name: string; readonly id: string }
  readonly user: string
  readonly data: JsonObject
  /** Where it may have to be said again after a crash: the same id is recorded once. */
  readonly id?: string
  /** What the decision is based on, where it would be another one otherwise. */
  readonly expected?: ExpectedRevision
}

/** Who decided what, and why, is in the log before it happens. */
export async function recordDecision(
  surroundings: Pick<AdminApiOptions, 'store' | 'clock' | 'instance'>,
  decision: Decision,
): Promise<void> {
  await appendDecision(surroundings, decision)
}

/** The same, with its place in the log. */
export async function appendDecision(
  { store: findStore, clock, instance }: Pick<AdminApiOptions, 'store' | 'clock' | 'instance'>,
  { type, about, user, data, id, expected = 'any' }: Decision,
): Promise<Appended> {
  assertPlatformEvent(type, data)
  const store = findStore()
  if (!store) throw new PlatformError('unavailable', 'The event store is being reached; try again shortly.')
  const actionId = id ?? newUuid()
  const now = clock.now()
  const metadata = toMetadata({
    actionId,
    correlationId: actionId,
    causationId: actionId,
    user,
    device: instance,
    service: 'logic',
    plugin: 'peek',
    pluginVersion: '',
    schemaVersion: 1,
    occurredAt: now,
    recordedAt: now,
  })
  return store.append(platformStream(about.name, about.id), [{ id: actionId, type, data, metadata }], expected)
}
