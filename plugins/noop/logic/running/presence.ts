import type { Rpc } from '#plugin-api'
import { Ping } from '../../shared/rpcs.ts'
import type { Service } from '../../shared/services.ts'
import { describe } from '../checks/rpc-checks.ts'

/** Who of a service answers at a moment: a process that was started again is another instance. */
export type Presence = {
  /** The names of those that answer, by instance. */
  readonly here: ReadonlyMap<string, string>
  /** Why nobody does, or which of them does not. */
  readonly trouble: string
}

const pingMsMax = 1_500

/** Never rejects. */
export async function findPresence(rpc: Rpc, service: Service): Promise<Presence> {
  try {
    const outcomes = await rpc.callAll(Ping[service], {}, { timeoutMs: pingMsMax })
    const here = new Map(outcomes.filter(({ ok }) => ok).map(({ from }) => [from.instance, from.name]))
    const troubles = outcomes.flatMap((one) => (one.ok ? [] : [`"${one.from.name}" ${describe(one.failure)}`]))
    if (outcomes.length === 0) await rpc.call(Ping[service], {}, { timeoutMs: pingMsMax })
    return { here, trouble: troubles.join(', ') }
  } catch (error) {
    return { here: new Map(), trouble: describe(error) }
  }
}

/** What happened to a service between two moments, in words; undefined when all who were there still are. */
export function describeAbsence(service: Service, before: Presence, now: Presence): string | undefined {
  if (now.here.size === 0) return `${service}: away (${now.trouble || 'it came back just now'})`
  const gone = [...before.here].filter(([instance]) => !now.here.has(instance)).map(([, name]) => `"${name}"`)
  if (gone.length > 0) return `${service}: ${gone.join(', ')} ended while the check ran`
  if (now.trouble !== '') return `${service}: ${now.trouble}`
  return before.here.size === 0
    ? `${service}: away when the check began (${before.trouble || 'it came back'})`
    : undefined
}
