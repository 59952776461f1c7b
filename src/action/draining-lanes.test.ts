import { describe, expect, test } from 'bun:test'
import { createFakeClock, type FakeClock } from '#kernel/clock.ts'
import { createSeededRandom, type Random } from '#kernel/random.ts'
import { counterRequest, createCounterRunner } from '#testing/counter.ts'
import { createFaultyEventStore } from '#testing/faulty-event-store.ts'
import { createMemoryEventStore } from '#testing/memory-event-store.ts'
import { createLaneSender, type LaneAction } from '#vortex/lanes/lane-sender.ts'
import { createFixedWindow } from '#vortex/lanes/send-window.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { ActionRequest, PastOutcomes } from './action-request.ts'
import type { ActionRunner } from './action-runner.ts'

/**
 * A device that was away sends all it has, lanes pipelined by `prev`, to a logic that restarts meanwhile, over a way that
 * loses actions and answers and brings some twice. Some are refused, some name no entity, some are given up on the device.
 */
type Sent = LaneAction & { readonly request: ActionRequest }
const laneCount = 4
const actionCountOfLane = 25
const roundCountMax = 5_000

describe('E3 a device that was away sends what it has', () => {
  test.each(Array.from({ length: 40 }, (_, index) => index + 1))(
    'E2 each takes effect once and in order, and no lane is stuck, whatever is lost on the way and restarted, seed %p',
    async (seed) => {
      const random = createSeededRandom(seed)
      const clock = createFakeClock(5_000)
      const store = createMemoryEventStore()
      const logic = startLogic(random, clock, store)
      const answers = new Map<string, Answer>()
      const lanes = createLaneSender<Sent>({
        clock,
        random,
        window: createFixedWindow(30),
        turnCountMax: 8,
        canSend: () => true,
        send: ({ request }, prev) => logic.send(prev === undefined ? request : { ...request, prev }),
        onFinal: ({ id }, answer) => answers.set(id, answer),
      })
      const actions = Array.from({ length: laneCount * actionCountOfLane }, (_, index) => actionOf(random, index))
      for (const action of actions) lanes.add(action)
      const discarded = new Set(actions.filter(({ sequence }) => random() < 0.05 && lanes.remove(sequence)))
      const kept = actions.filter((action) => !discarded.has(action))

      for (let round = 0; answers.size < kept.length && round < roundCountMax; round++) {
        if (random() < 0.02) logic.restart()
        clock.advance(50)
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(answers.size).toBe(kept.length)
      const recorded = store.log.filter(({ id, metadata }) => id === metadata.actionId).map(({ id }) => id)
      const acceptedOf = (lane: string) =>
        kept.filter((one) => one.lane === lane && answers.get(one.id)?.outcome === 'accepted').map(({ id }) => id)
      for (const lane of new Set(actions.map((action) => action.lane))) {
        const ids = new Set(actions.filter((action) => action.lane === lane).map(({ id }) => id))
        expect(recorded.filter((id) => ids.has(id))).toEqual(acceptedOf(lane))
      }
    },
    30_000,
  )

  test('one that names a predecessor which logic never saw and never will is taken when it comes without', async () => {
    const store = createMemoryEventStore()
    const runner = createCounterRunner({ store })
    const [given, next] = [counterRequest(), counterRequest()]
    expect(await runner.run({ ...next, prev: given.id })).toMatchObject({ outcome: 'failed', kind: 'out-of-order' })
    expect(await runner.run(next)).toMatchObject({ outcome: 'accepted' })
  })

  test('behind a gap the list of past actions is asked once, however many wait there', async () => {
    const asked: string[] = []
    const past: PastOutcomes = { find: async (id) => void asked.push(id) }
    const runner = createCounterRunner({ store: createMemoryEventStore(), past })
    const lost = counterRequest()
    const behind = [counterRequest({ prev: lost.id })]
    for (let count = 1; count < 50; count++) behind.push(counterRequest({ prev: behind.at(-1)?.id }))
    const answers = await Promise.all(behind.map(runner.run))
    expect(answers.every((answer) => answer.outcome === 'failed' && answer.kind === 'out-of-order')).toBe(true)
    expect(asked).toEqual([lost.id])
    // What comes later behind one of these asks nobody: it was here.
    expect(await runner.run(counterRequest({ prev: behind.at(-1)?.id }))).toMatchObject({ kind: 'out-of-order' })
    expect(asked).toHaveLength(1)
  })
})

/** Logic behind a bad way, with a store that fails now and then. What was under way at a restart may have taken effect. */
function startLogic(random: Random, clock: FakeClock, store: ReturnType<typeof createMemoryEventStore>) {
  const soon = () => new Promise<void>((resolve) => setImmediate(resolve))
  const faulty = createFaultyEventStore(store, () => {
    const luck = random()
    if (luck < 0.05) return { fails: 'before', kind: 'unavailable' }
    if (luck < 0.1) return { fails: 'after', kind: 'timeout' }
    return luck < 0.5 ? { waits: soon() } : undefined
  })
  const begin = () => createCounterRunner({ store: faulty, clock })
  const lost: Answer = { outcome: 'failed', kind: 'timeout', words: 'Lost on the way.' }
  let runner: ActionRunner = begin()
  return {
    restart: () => {
      runner = begin()
    },
    send: async (request: ActionRequest): Promise<Answer> => {
      const mine = runner
      const luck = random()
      if (luck < 0.03) return lost
      if (luck < 0.06) void mine.run(request)
      const answer = await mine.run(request)
      return luck > 0.97 || mine !== runner ? lost : answer
    },
  }
}

function actionOf(random: Random, index: number): Sent {
  const lane = `c${index % laneCount}`
  const amount = random() < 0.2 ? -1_000 : 1
  const fields = { counterId: lane, amount }
  const request = random() < 0.05 ? counterRequest({ name: 'test.Unheard' }) : counterRequest({ fields })
  return { sequence: index + 1, id: request.id, lane, sizeBytes: request.body.length, request }
}
