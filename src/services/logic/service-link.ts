import { timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'
import type { ActionRunner } from '#action/action-runner.ts'
import type { Clock } from '#kernel/clock.ts'
import { tryParseJson } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { Limits } from '#vortex/protocol/limits.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import { adminRole, type Principal, principalSchema } from '#vortex/protocol/principal.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import { pluginsRequestName, snapshotRequestName, statusReportName } from '#vortex/protocol/snapshot.ts'
import type { Act } from '#vortex/protocol/up.ts'
import { observeSchema } from '#vortex/protocol/up.ts'
import type { Session } from '#vortex/server/vortex-handler.ts'
import { createVortexServer, type VortexServer } from '#vortex/server/vortex-server.ts'
import type { LogicCore } from './logic-core.ts'
import type { StatusBoard } from './status-board.ts'

const snapshotRequestSchema = v.strictObject({
  name: v.string(),
  selector: observeSchema.entries.selector,
  by: principalSchema,
})
const notLeading = 'Logic is starting, or another instance leads; send again shortly.'

/** A link's queue and its faults are those of many devices; vortex itself multiplies the other bounds for services. */
function linkLimits(limits: Limits): Limits {
  return { ...limits, badFramesMax: 1_000, queuedBytesMax: 64 * 1024 * 1024 }
}

/**
 * Whom a linked service may speak for (S4): people on its own devices, and never an administrator, since those sign in
 * to logic itself.
 */
function vouchedFor(by: Principal, session: Session): Principal {
  return { ...by, service: session.hello.name, roles: by.roles.filter((role) => role !== adminRole) }
}

/** The end of the service link that field, office, agent and worker dial. */
export function createServiceLink(options: {
  service: { name: string; instance: string; build: string }
  secret: string
  limits: Limits
  core: Pick<LogicCore, 'engine' | 'snapshots' | 'state' | 'onState'>
  board: StatusBoard
  enabledPlugins: () => readonly string[]
  clock: Clock
  random: Random
  log: Log
}): VortexServer {
  const { secret, core, board, log } = options
  const answerAsk: { readonly [name: string]: (body: string, session: Session) => Promise<string> } = {
    [snapshotRequestName]: async (body, session) => {
      const asked = parseWith<{ name: string; selector: Selector; by: Principal }>(
        snapshotRequestSchema,
        tryParseJson(body),
      )
      if (!asked.ok) throw new PlatformError('bad-input', `A snapshot request is wrong: ${asked.words}.`)
      const { name, selector, by } = asked.value
      const snapshots = core.snapshots()
      if (!snapshots) throw new PlatformError('unavailable', notLeading)
      return JSON.stringify(await snapshots.snapshot(name, selector, vouchedFor(by, session)))
    },
    [statusReportName]: async (body, session) => {
      board.takeReport(session.hello.instance, body)
      return '{}'
    },
    [pluginsRequestName]: async () => JSON.stringify({ enabled: options.enabledPlugins() }),
  }

  const server = createVortexServer({
    service: options.service,
    limits: linkLimits(options.limits),
    log,
    clock: options.clock,
    random: options.random,
    admit: async (hello) => {
      if (hello.role !== 'service')
        return forbidden('This port is for services; devices use the field or office address.')
      if (!sameSecret(hello.secret ?? '', secret))
        return forbidden(
          `The secret of service "${hello.name}" is not logic's: set serviceLink.secret to the same value in both configurations.`,
        )
      return { principal: { user: 'peek', device: hello.device, service: hello.name, roles: ['service'] } }
    },
    handler: {
      // A standby's link works, and what it carries would not be done: the caller must know.
      onOpen: (session) => {
        if (!core.state().online) session.send({ k: 'upstream', ...core.state() })
      },
      onAct: (session, act, body) => {
        const by = act.by ? vouchedFor(act.by, session) : session.principal
        return runAct(core.engine()?.actions, act, body, by)
      },
      onAsk: async (session, ask, body) => {
        const answer = answerAsk[ask.name]
        if (!answer) throw new PlatformError('not-found', `Logic answers no request "${ask.name}".`)
        return answer(body, session)
      },
      onObserve: (session, observe) => {
        const words = 'A service follows change streams; it does not observe over the link.'
        session.send({ k: 'trouble', error: { kind: 'forbidden', words }, obs: observe.obs, final: true })
      },
      onUnobserve: () => undefined,
      onClose: (session) => board.markLost(session.hello.instance),
    },
  })
  core.onState((state) => server.broadcast({ k: 'upstream', ...state }))
  return server
}

export function runAct(actions: ActionRunner | undefined, act: Act, body: string, by: Principal): Promise<Answer> {
  if (!actions) return Promise.resolve({ outcome: 'failed', kind: 'unavailable', words: notLeading })
  const { id, name, version, at, prev } = act
  return actions.run({ id, name, version, at, prev, by, body })
}

function forbidden(words: string) {
  return { error: { kind: 'forbidden', words } } as const
}

function sameSecret(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
