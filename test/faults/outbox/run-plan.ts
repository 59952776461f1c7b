import { must, unreachable } from '#kernel/assert.ts'
import { createLog } from '#kernel/log.ts'
import { isPlatformError } from '#kernel/platform-error.ts'
import { createSeededRandom, type Random } from '#kernel/random.ts'
import { DeviceFull } from '#web/sdk/device-store/device-store.ts'
import { needsAttention, type OutboxRecord } from '#web/sdk/device-store/outbox-record.ts'
import { type NoteWord, noteBody, WriteNote } from './crew.ts'
import { createModel, type Model } from './model.ts'
import { type Deed, describeDeed, type PersonAct, type Plan, toSeconds } from './plan.ts'
import type { OpenOutbox, RigDevice, RigTab } from './rig-device.ts'
import { createRigWorld, type RigWorld } from './rig-world.ts'

export type Verdict = { readonly wrongs: readonly string[]; readonly steps: number; readonly pushes: number }

/** How long a healed world may need, and how often people then look at what needs attention. */
const healedMsMax = 30_000
const attentionRoundsMax = 8

/** Runs one schedule from its first step to the end; what came of it, and what was wrong. */
export async function runPlan(
  plan: Plan,
  options: { readonly openOutbox: OpenOutbox; readonly tell?: (line: string) => void },
): Promise<Verdict> {
  const tell = options.tell ?? (() => undefined)
  let model: Model | undefined
  const log = createLog('rig', ({ level, name, words, facts }) => {
    if (options.tell && level !== 'debug')
      tell(`${toSeconds(world.time.now())}     ${level} ${name}: ${words} ${facts ? JSON.stringify(facts) : ''}`)
  })
  const world = createRigWorld(plan, { openOutbox: options.openOutbox, onStep: () => model?.look(), log })
  const judge = createModel(world)
  model = judge
  const actor = createActor(world, judge, plan, tell)
  try {
    world.startLogic()
    world.startField()
    for (const [index, device] of plan.devices.entries())
      for (let tab = 0; tab < device.tabCount; tab++) actor.deviceOf(index).openTab()
    for (const { at, deed } of plan.steps)
      world.time.after(at, () => {
        tell(`${toSeconds(world.time.now())} ${describeDeed(deed)}`)
        actor.act(deed)
      })
    await world.time.runUntil(plan.healAt)
    tell(`${toSeconds(world.time.now())} everything is mended`)
    actor.heal(plan.leavesDead)
    await world.time.runUntil(world.time.now() + (plan.leavesDead ? silenceMs : 0) + healedMsMax)
    judge.checkMoving()
    await dealWithAttention(world, actor, judge)
    for (let look = 0; look < 3; look++) {
      await world.time.runUntil(world.time.now() + asideMs)
      judge.noteSynced()
    }
    judge.checkEnd()
    for (const wrong of judge.wrongs) tell(wrong)
    return { wrongs: [...judge.wrongs], steps: world.time.stepCount(), pushes: actor.pushCount() }
  } finally {
    world.stop()
  }
}

/** A dead connection is found out by its silence, looked at once a beat. */
const silenceMs = 41_000

/** People send anew, try again or discard, until nothing needs them any more. */
async function dealWithAttention(world: RigWorld, actor: Actor, model: Model): Promise<void> {
  for (let round = 0; round < attentionRoundsMax; round++) {
    const isDone = world.devices.every(({ disk }) => {
      const { unsentCount, attentionCount } = disk.disk.outbox.figures()
      return unsentCount + attentionCount === 0
    })
    if (isDone) break
    for (const device of world.devices) actor.settleAttention(device)
    await world.time.runUntil(world.time.now() + healedMsMax)
    model.checkMoving()
  }
}

interface Actor {
  act(deed: Deed): void
  heal(leavesDead: boolean): void
  settleAttention(device: RigDevice): void
  deviceOf(index: number): RigDevice
  pushCount(): number
}

function createActor(world: RigWorld, model: Model, plan: Plan, tell: (line: string) => void): Actor {
  const random = createSeededRandom(plan.seed * 31 + 5)
  /** What was pushed on each device and kept, in order. */
  const pushed = new Map<RigDevice, string[]>()
  const idsOf = makeIds(createSeededRandom(plan.seed * 31 + 6))
  let pushes = 0
  /** What is undone when everything is mended, should its time not have come by then. */
  const undo = new Map<object, () => void>()

  return {
    act,
    heal,
    settleAttention,
    deviceOf,
    pushCount: () => pushes,
  }

  function deviceOf(index: number): RigDevice {
    return must(world.devices[index % world.devices.length], 'a plan has a device at least')
  }

  function tabOf(device: RigDevice, index: number): RigTab | undefined {
    return device.tabs[index % Math.max(1, device.tabs.length)]
  }

  function during(forMs: number, end: () => void): void {
    const key = {}
    const cancel = world.time.after(forMs, () => {
      undo.delete(key)
      end()
    })
    undo.set(key, () => {
      cancel()
      end()
    })
  }

  function act(deed: Deed): void {
    switch (deed.do) {
      case 'push':
        return push(deed)
      case 'cut':
        return world.network.cut(world.line(deed.line))
      case 'lose': {
        const line = world.line(deed.line)
        line.losesUp = deed.way !== 'down'
        line.losesDown = deed.way !== 'up'
        return during(deed.forMs, () => {
          line.losesUp = false
          line.losesDown = false
        })
      }
      case 'disconnect': {
        const line = world.line(deed.line)
        line.isCut = true
        world.network.cut(line)
        return during(deed.forMs, () => {
          line.isCut = false
        })
      }
      case 'duplicate': {
        const line = world.line(deed.line)
        line.duplicateChance = 0.5
        return during(deed.forMs, () => {
          line.duplicateChance = 0
        })
      }
      case 'slow': {
        const line = world.line(deed.line)
        line.delayMsMax = deed.delayMsMax
        return during(deed.forMs, () => {
          line.delayMsMax = 40
        })
      }
      case 'late': {
        const line = world.line(deed.line)
        line.lateMsMax = 60_000
        return during(deed.forMs, () => {
          line.lateMsMax = 0
        })
      }
      case 'sleep': {
        const { machine } = deviceOf(deed.device)
        const line = world.line(`device-${deed.device}`)
        machine.sleep()
        line.losesUp = true
        line.losesDown = true
        return during(deed.forMs, () => {
          line.losesUp = false
          line.losesDown = false
          machine.wake()
        })
      }
      case 'open-tab':
        if (deviceOf(deed.device).tabs.length < 4) deviceOf(deed.device).openTab()
        return
      case 'kill-tab':
        tabOf(deviceOf(deed.device), deed.tab)?.kill()
        return comeBack(deviceOf(deed.device))
      case 'close-tab':
        tabOf(deviceOf(deed.device), deed.tab)?.close()
        return comeBack(deviceOf(deed.device))
      case 'freeze-tab': {
        const tab = tabOf(deviceOf(deed.device), deed.tab)
        tab?.process.freeze()
        return during(deed.forMs, () => tab?.process.thaw())
      }
      case 'return':
        return tabOf(deviceOf(deed.device), deed.tab)?.returnTo()
      case 'kill-browser': {
        const device = deviceOf(deed.device)
        const count = device.tabs.length
        for (const tab of [...device.tabs]) tab.kill()
        return during(deed.forMs, () => {
          for (let tab = 0; tab < count; tab++) device.openTab()
        })
      }
      case 'kill-field':
        world.killField(deed.isSilent)
        return during(deed.forMs, world.startField)
      case 'kill-logic':
        world.killLogic(deed.isSilent)
        return during(deed.forMs, world.startLogic)
      case 'upgrade-server':
        world.serverVersion = 2
        world.killLogic(false)
        return during(1_000, world.startLogic)
      case 'upgrade': {
        const device = deviceOf(deed.device)
        device.version = world.serverVersion
        // The new page first, as an update does it: both apps live for a moment.
        const old = [...device.tabs]
        device.openTab()
        for (const tab of old) world.time.after(random() * 2_000, tab.close)
        return
      }
      case 'store-away':
        world.mood.isAway = true
        return during(deed.forMs, () => {
          world.mood.isAway = false
        })
      case 'store-lossy':
        world.mood.lossChance = 0.3
        return during(deed.forMs, () => {
          world.mood.lossChance = 0
        })
      case 'full': {
        const { mood } = deviceOf(deed.device).disk
        mood.fullChance = deed.chance
        return during(deed.forMs, () => {
          mood.fullChance = 0
        })
      }
      case 'set-clock':
        return deviceOf(deed.device).machine.setBy(deed.byMs)
      case 'sign-out': {
        const device = deviceOf(deed.device)
        world.signOut(device)
        return during(deed.forMs, () => world.signIn(device))
      }
      case 'person': {
        const device = deviceOf(deed.device)
        const tab = tabOf(device, deed.tab)
        // A tap on a screen that stands still is taken once it moves again, as with pushes.
        tab?.process.run(() => {
          const [record] = device.disk.disk.outbox.after(0, 1_000).filter(needsAttention)
          if (record) decide(tab, record.id, deed.act)
        })
        return
      }
      default:
        return unreachable(deed)
    }
  }

  /** Whoever closed the last tab opens the app again before long. */
  function comeBack(device: RigDevice): void {
    if (device.tabs.length > 0) return
    world.time.after(random() * 20_000, () => device.tabs.length > 0 || device.openTab())
  }

  function push(deed: Deed & { do: 'push' }): void {
    const device = deviceOf(deed.device)
    const tab = tabOf(device, deed.tab)
    if (!tab) return
    tab.process.run(() => pushOn(device, tab, deed))
  }

  function pushOn(device: RigDevice, tab: RigTab, { site, slot, word, dependsOn: back }: Deed & { do: 'push' }): void {
    const id = idsOf()
    const ofDevice = pushed.get(device) ?? []
    pushed.set(device, ofDevice)
    const wanted = back === undefined ? undefined : ofDevice.at(-back)
    const said = word === 'huge' ? `huge${'!'.repeat(hugeLength)}` : word
    model.tried(device, id)
    pushes += 1
    const action = {
      id,
      name: WriteNote.name,
      version: tab.version,
      body: noteBody(tab.version, { siteId: site, slot, word: said }),
      lane: `rig.Site-${site}`,
      entityId: site,
      title: word,
      ...(wanted !== undefined && { dependsOn: [wanted] }),
    }
    tab.outbox.push(action).then(
      () => {
        ofDevice.push(id)
        tell(`${toSeconds(world.time.now())}     ${tab.name} keeps ${id} ${word}`)
        model.kept(id, tab)
      },
      (error: unknown) => {
        tell(`${toSeconds(world.time.now())}     ${tab.name} does not keep ${id}: ${String(error)}`)
        if (isNotKept(error)) model.refusedByDevice(id)
      },
    )
  }

  function decide(tab: RigTab, id: string, how: PersonAct): void {
    const record = tab.outbox.get(id)
    if (!record) return
    const note = JSON.parse(record.body) as { siteId: string; slot: number }
    const body = noteBody(record.version === 1 ? 1 : 2, { ...note, word: 'plain' satisfies NoteWord })
    const ignore = (error: unknown): void =>
      tell(`${toSeconds(world.time.now())}     ${how} of ${id} was not done: ${String(error)}`)
    if (how === 'discard') model.discarded([id, ...tab.outbox.dependants(id).map((one) => one.id)])
    if (how === 'release') model.discarded([id])
    if (how === 'retry') model.retried([id])
    if (how === 'release') model.retried(tab.outbox.dependants(id).map((one) => one.id))
    tell(`${toSeconds(world.time.now())}     a person does ${how} with ${id} in ${tab.name}`)
    switch (how) {
      case 'resend':
        return void tab.outbox.resend(id, body).catch(ignore)
      case 'discard':
        return void tab.outbox.discard(id, { dependants: 'discard' }).catch(ignore)
      case 'release':
        return void tab.outbox.discard(id, { dependants: 'release' }).catch(ignore)
      case 'retry':
        return void tab.outbox.retry(id).catch(ignore)
      default:
        return unreachable(how)
    }
  }

  function settleAttention(device: RigDevice): void {
    const tab = tabOf(device, Math.floor(random() * 3))
    if (!tab) return
    for (const record of device.disk.disk.outbox.after(0, 1_000).filter(needsAttention))
      decide(tab, record.id, random() < 0.7 ? 'resend' : random() < 0.5 ? 'discard' : 'release')
    // What it waited for was discarded meanwhile, perhaps by another page that did not know of it yet.
    for (const record of device.disk.disk.outbox.unfinished())
      if (dependsOnDiscarded(device, record)) decide(tab, record.id, 'retry')
  }

  function dependsOnDiscarded({ disk }: RigDevice, { state, dependsOn }: OutboxRecord): boolean {
    const { getMany } = disk.disk.outbox
    return state === 'waiting' && getMany(dependsOn).some((one) => one.state === 'discarded' && !one.replacedBy)
  }

  function heal(leavesDead: boolean): void {
    for (const end of [...undo.values()]) end()
    undo.clear()
    world.startLogic()
    world.startField()
    for (const [index, device] of world.devices.entries()) {
      const line = world.line(`device-${index}`)
      if (!leavesDead) world.network.endDead(line)
      if (device.tabs.length === 0) device.openTab()
    }
    if (!leavesDead) world.network.endDead(world.line('link'))
  }
}

/** The person was told that it is not saved; a page that closes meanwhile cannot tell. */
function isNotKept(error: unknown): boolean {
  return error instanceof DeviceFull || isPlatformError(error, 'too-large') || isPlatformError(error, 'too-many')
}

/** More than the field service of the rig takes in one frame. */
const hugeLength = 40_000
const asideMs = 777

function makeIds(random: Random): () => string {
  const hex = (length: number): string => Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('')
  return () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`
}
