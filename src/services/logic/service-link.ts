import { timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'
import type { ActionRunner } from '#action/action-runner.ts'
import type { Clock } from '#kernel/clock.ts'
import { tryParseJson } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'
import { keyRequestName } from '#rest/keys/key-request.ts'
import { announceCallsName } from '#rpc/announcement.ts'
import { effectsRequestName, effectsRequestSchema, type KnownEffect } from '#vortex/protocol/action-effect.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import { devicesReportName } from '#vortex/protocol/devices-report.ts'
import type { Limits } from '#vortex/protocol/limits.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import { type Looked, lookedRequestName, lookedRequestSchema } from '#vortex/protocol/passed-request.ts'
import { pluginsRequestName } from '#vortex/protocol/plugin-facts.ts'
import { adminRole, type Principal, principalSchema } from '#vortex/protocol/principal.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import { beatRequestName } from '#vortex/protocol/service-order.ts'
import { snapshotRequestName, statusReportName } from '#vortex/protocol/snapshot.ts'
import type { Act } from '#vortex/protocol/up.ts'
import { observeSchema } from '#vortex/protocol/up.ts'
import type { Session } from '#vortex/server/vortex-handler.ts'
import { createVortexServer, type VortexServer } from '#vortex/server/vortex-server.ts'
import type { DeviceLedger } from './devices/device-ledger.ts'
import type { Engine } from './engine.ts'
import type { LinkedKeys } from './linked-keys.ts'
import type { LogicCore } from './logic-core.ts'
import type { LogicRpc } from './logic-rpc.ts'
import type { PluginsDesk } from './plugins-desk.ts'
import type { StatusBoard } from './status-board.ts'

const snapshotRequestSchema = v.strictObject({
  name: v.string(),
  selector: observeSchema.entries.selector,
  by: principalSchema,
})
const linkedEffectsSchema = v.strictObject({ ...effectsRequestSchema.entries, by: principalSchema })
const notLeading = 'Logic is starting, or another instance leads; send again shortly.'

/** A link's queue and its faults are those of many devices; vortex itself multiplies the other bounds for services. */
function linkLimits(limits: Limits): Limits {
  return { ...limits, badFramesMax: 1_000, queuedBytesMax: 64 * 1024 * 1024 }
}

/**
 * Whom a linked service may speak for (S4): people on its own devices, and never an administrator, since those sign in
 * to logic itself. An agent has no people: it speaks for itself alone, by the name it greeted with.
 */
function vouchedFor(by: Principal, session: Session): Principal {
  const { name, instanceName, device } = session.hello
  if (name === 'agent') return { user: `agent:${instanceName ?? device}`, device, service: name, roles: [] }
  return { ...by, service: session.hello.name, roles: by.roles.filter((role) => role !== adminRole) }
}

/** The end of the service link that field, office, agent and worker dial. */
export function createServiceLink(options: {
  service: { name: string; instance: string; build: string }
  secret: string
  limits: Limits
  core: Pick<LogicCore, 'snapshots' | 'effects' | 'looked' | 'state' | 'onState'> & {
    engine(): Pick<Engine, 'actions'> | undefined
  }
  board: Pick<StatusBoard, 'takeReport' | 'markLost'>
  plugins: Pick<PluginsDesk, 'answer'>
  rpc: Pick<LogicRpc, 'join' | 'leave' | 'announce' | 'call'>
  keys: Pick<LinkedKeys, 'answer' | 'leave'>
  /** Where it is not given, nobody keeps account of devices. */
  devices?: Pick<DeviceLedger, 'take' | 'leave'>
  clock: Clock
  random: Random
  log: Log
}): VortexServer {
  const { secret, core, board, rpc, devices, log } = options
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
    [effectsRequestName]: async (body, session) => {
      const asked = parseWith(linkedEffectsSchema, tryParseJson(body))
      if (!asked.ok) throw new PlatformError('bad-input', `A question about effects is wrong: ${asked.words}.`)
      return answerEffects(core, asked.value.known, vouchedFor(asked.value.by, session))
    },
    [lookedRequestName]: async (body) => {
      const asked = parseWith(lookedRequestSchema, tryParseJson(body))
      if (!asked.ok) throw new PlatformError('bad-input', `A question about a position is wrong: ${asked.words}.`)
      return JSON.stringify(await answerLooked(core, asked.value.name, asked.value.position))
    },
    [statusReportName]: async (body, session) => {
      board.takeReport(session.hello.instance, body)
      return '{}'
    },
    [devicesReportName]: async (body, { hello }) => {
      if (!devices || !['field', 'office'].includes(hello.name))
        throw new PlatformError('forbidden', `The devices of a service "${hello.name}" are not kept account of here.`)
      await devices.take({ instance: hello.instance, service: hello.name }, body)
      return '{}'
    },
    [beatRequestName]: async () => '{}',
    [pluginsRequestName]: options.plugins.answer,
    [announceCallsName]: (body, session) => rpc.announce(session, body),
    [keyRequestName]: (body, { hello }) => options.keys.answer(toLinked(hello), body),
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
        rpc.join(session)
        if (!core.state().online) session.send({ k: 'upstream', ...core.state() })
      },
      onAct: (session, act, body) => {
        const by = act.by ? vouchedFor(act.by, session) : session.principal
        return runAct(core.engine()?.actions, act, body, by)
      },
      onAsk: (session, ask, body, signal) => {
        if (ask.to) return rpc.call(session, ask.by && vouchedFor(ask.by, session), ask, body, signal)
        const answer = answerAsk[ask.name]
        if (answer) return answer(body, session)
        return Promise.reject(new PlatformError('not-found', `Logic answers no request "${ask.name}".`))
      },
      onObserve: (session, observe) => {
        const words = 'A service follows change streams; it does not observe over the link.'
        session.send({ k: 'trouble', error: { kind: 'forbidden', words }, obs: observe.obs, final: true })
      },
      onUnobserve: () => undefined,
      onClose: (session) => {
        rpc.leave(session)
        options.keys.leave(session.hello.instance)
        board.markLost(session.hello.instance)
        devices?.leave(session.hello.instance)
      },
    },
  })
  core.onState((state) => server.broadcast({ k: 'upstream', ...state }))
  return server
}

export function runAct(actions: ActionRunner | undefined, act: Act, body: string, by: Principal): Promise<Answer> {
  if (!actions) return Promise.resolve({ outcome: 'failed', kind: 'unavailable', words: notLeading })
  const { id, name, version, at, prev, seq } = act
  return actions.run({ id, name, version, at, prev, seq, by, body })
}

/** What became of the asker's own actions that are not in the rows. */
export async function answerEffects(
  core: Pick<LogicCore, 'effects'>,
  known: readonly KnownEffect[],
  by: Principal,
): Promise<string> {
  const effects = core.effects()
  if (!effects) throw new PlatformError('unavailable', notLeading)
  return JSON.stringify({ effects: await effects.effectsOf(by, known) })
}

export async function answerLooked(core: Pick<LogicCore, 'looked'>, name: string, position: string): Promise<Looked> {
  const looked = core.looked()
  if (!looked) throw new PlatformError('unavailable', notLeading)
  return looked(name, position)
}

function toLinked({ name: role, instance, instanceName = instance, zone = '' }: Session['hello']) {
  return { role, instance, name: instanceName, zone }
}

function forbidden(words: string) {
  return { error: { kind: 'forbidden', words } } as const
}

function sameSecret(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
