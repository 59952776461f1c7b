import * as v from 'valibot'
import { tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { Row } from '#vortex/protocol/row.ts'
import { snapshotMetaSchema, snapshotRequestName } from '#vortex/protocol/snapshot.ts'
import type { Upstream } from './upstream.ts'

const actDeadlineMs = 20_000
const snapshotDeadlineMs = 20_000
type Link = Pick<VortexClient, 'state' | 'onState' | 'upstream' | 'onUpstream' | 'act' | 'ask'>
const replySchema = v.object({ meta: snapshotMetaSchema, rows: v.array(v.record(v.string(), v.unknown())) })

const unreachable = 'Logic cannot be reached just now; what you do is kept and sent when it is back.'

export interface LinkUpstream extends Upstream {
  /**
   * From now on an action waits for logic only while logic can be reached. Before, it also waits for the link to come
   * back; a service that stops has no time for that, and the device sends again.
   */
  hurry(): void
}

/**
 * Logic over the service link: heads are routed, bodies pass through unread (V2). It counts as online when the link is and
 * logic itself does not say that it cannot work: a standby answers the phone too.
 */
export function createLinkUpstream(link: Link): LinkUpstream {
  let isHurried = false
  const waiting = new Set<(answer: Answer) => void>()
  const state = () => (link.state().state === 'online' ? link.upstream() : { online: false, words: unreachable })
  const giveUp = (): void => {
    if (!isHurried || link.state().state === 'online') return
    for (const resolve of waiting) resolve({ outcome: 'failed', kind: 'unavailable', words: unreachable })
    waiting.clear()
  }

  return {
    act: (act, body, by) => {
      if (!state().online) return Promise.resolve({ outcome: 'failed', kind: 'unavailable', words: state().words })
      const { id, name, version, at, lane, prev } = act
      const order = { ...(lane !== undefined && { lane }), ...(prev !== undefined && { prev }) }
      const sent = link.act({ id, name, version, at, ...order, by }, body, { retry: false, deadlineMs: actDeadlineMs })
      return new Promise((resolve) => {
        waiting.add(resolve)
        void sent.then((answer) => {
          waiting.delete(resolve)
          resolve(answer)
        })
      })
    },
    snapshot: async (name, selector, by) => {
      if (!state().online) throw new PlatformError('unavailable', state().words)
      const reply = await link.ask(snapshotRequestName, JSON.stringify({ name, selector, by }), snapshotDeadlineMs)
      const parsed = v.safeParse(replySchema, tryParseJson(reply))
      if (!parsed.success)
        throw new PlatformError('unavailable', 'Logic answered in a form this service does not know: upgrade both.')
      return { meta: parsed.output.meta, rows: parsed.output.rows as Row[] }
    },
    state,
    hurry: () => {
      if (!isHurried) link.onState(giveUp)
      isHurried = true
      giveUp()
    },
    onState: (listener) => {
      const stops = [link.onState(() => listener(state())), link.onUpstream(() => listener(state()))]
      return () => {
        for (const stop of stops) stop()
      }
    },
  }
}
