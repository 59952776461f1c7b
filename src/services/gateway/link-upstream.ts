import * as v from 'valibot'
import { tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { VortexClient } from '#vortex/client/vortex-client.ts'
import { effectsRequestName } from '#vortex/protocol/action-effect.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import { devicesReportName } from '#vortex/protocol/devices-report.ts'
import { lookedRequestName, parseLooked } from '#vortex/protocol/passed-request.ts'
import type { Row } from '#vortex/protocol/row.ts'
import { snapshotMetaSchema, snapshotRequestName } from '#vortex/protocol/snapshot.ts'
import type { Upstream } from './upstream.ts'

const actDeadlineMs = 20_000
const snapshotDeadlineMs = 20_000
const effectsDeadlineMs = 10_000
const lookedDeadlineMs = 10_000
const devicesDeadlineMs = 10_000
type Link = Pick<VortexClient, 'state' | 'onState' | 'upstream' | 'onUpstream' | 'act' | 'ask'>
const replySchema = v.object({ meta: snapshotMetaSchema, rows: v.array(v.record(v.string(), v.unknown())) })

const otherForm = 'Logic answered in a form this service does not know: upgrade both.'
const unreachable = 'Logic cannot be reached just now; what you do is kept and sent when it is back.'

/** Calls of screens are not its: the service that holds the screens may answer them itself. */
export interface LinkUpstream extends Omit<Upstream, 'call'> {
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
      const { k: _k, req: _req, by: _by, ...action } = act
      const sent = link.act({ ...action, by }, body, { retry: false, deadlineMs: actDeadlineMs })
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
      if (!parsed.success) throw new PlatformError('unavailable', otherForm)
      return { meta: parsed.output.meta, rows: parsed.output.rows as Row[] }
    },
    effects: async (known, by) => {
      if (!state().online) throw new PlatformError('unavailable', state().words)
      return link.ask(effectsRequestName, JSON.stringify({ known, by }), effectsDeadlineMs)
    },
    looked: async (name, position) => {
      if (!state().online) throw new PlatformError('unavailable', state().words)
      const body = JSON.stringify({ name, position })
      const parsed = parseLooked(await link.ask(lookedRequestName, body, lookedDeadlineMs))
      if (!parsed.ok) throw new PlatformError('unavailable', otherForm)
      return parsed.value
    },
    tellDevices: async (report) => {
      if (!state().online) throw new PlatformError('unavailable', state().words)
      await link.ask(devicesReportName, JSON.stringify(report), devicesDeadlineMs)
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
