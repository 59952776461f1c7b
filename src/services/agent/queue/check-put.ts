import type { ActionDefinition } from '#action/define-action.ts'
import { isUuid } from '#kernel/ids.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { defaultLimits } from '#vortex/protocol/limits.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import { type Fields, type FieldValues, pluginOf } from '#vortex/protocol/tuple.ts'
import { type QueuedAction, rowOverheadBytes } from './queued-action.ts'

export type CheckedPut = {
  readonly head: Pick<QueuedAction, 'id' | 'plugin' | 'name' | 'version' | 'lane' | 'at'>
  readonly body: string
  readonly sizeBytes: number
}

/** As much as a device may send: logic and the event store take it for sure. */
const bodySizeBytesMax = defaultLimits.frameSizeBytesMax - 4 * 1024
const laneLengthMax = 200

/** Looks at an action before it is believed stored: what logic could never take is refused here, as `bad-input`. */
export function checkPut<F extends Fields>(
  plugin: string,
  action: ActionDefinition<F>,
  fields: FieldValues<F>,
  { id, at, now, makeId }: { id?: string; at?: number; now: number; makeId: () => string },
): CheckedPut {
  const { name, version } = action
  const refuse = (words: string, kind: 'bad-input' | 'too-large' = 'bad-input'): never => {
    throw new PlatformError(kind, `"${name}" was not put into the queue: ${words}`, { facts: { action: name } })
  }
  if (pluginOf(name) !== plugin) refuse(`plugin "${plugin}" pushes actions whose name starts with "${plugin}."`)
  if (id !== undefined && !isUuid(id)) refuse(`the id is "${id}", wanted a uuid in lower case.`)
  if (at !== undefined && !Number.isFinite(at)) refuse(`the time is ${at}, wanted milliseconds since 1970.`)
  const parsed = parseWith(action.schema, fields)
  if (!parsed.ok) return refuse(`${parsed.words}.`)
  const body = JSON.stringify(parsed.value)
  const bodySizeBytes = Buffer.byteLength(body)
  if (bodySizeBytes > bodySizeBytesMax)
    refuse(`found ${bodySizeBytes} bytes, wanted at most ${bodySizeBytesMax}.`, 'too-large')
  const lane = laneOf(action, parsed.value, plugin, refuse)
  return {
    head: { id: id ?? makeId(), plugin, name, version, lane, at: at ?? now },
    body,
    sizeBytes: bodySizeBytes + rowOverheadBytes,
  }
}

function laneOf<F extends Fields>(
  action: ActionDefinition<F>,
  fields: FieldValues<F>,
  plugin: string,
  refuse: (words: string) => never,
): string {
  try {
    const [category, entityId] = action.entity(fields)
    return `${plugin}.${category}-${entityId}`.slice(0, laneLengthMax)
  } catch (error) {
    return refuse(`its definition does not say which entity it belongs to: ${describeError(error)}`)
  }
}
