import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { type ChildMessage, parseChildMessage } from './process-surroundings.ts'
import { openSupervisorLine } from './supervisor-line.ts'

function makeRig() {
  const clock = createFakeClock()
  const told: ChildMessage[] = []
  let say: (found: unknown) => void = () => undefined
  const line = openSupervisorLine({
    service: 'logic',
    surroundings: {
      tellSupervisor: (message) => void told.push(message),
      onSupervisorSays: (listener) => {
        say = listener
      },
    },
    clock,
  })
  const ask = () => line.restartOther?.({ name: 'worker', pid: 7 }, 'it hangs') ?? Promise.reject(new Error('none'))
  const lastAsk = () => {
    const last = told.at(-1)
    return last?.event === 'restart-other' ? last.ask : ''
  }
  return { clock, told, say: (found: unknown) => say(found), ask, lastAsk }
}

test('a supervisor is asked for another process by its name and number, and its answer belongs to that question', async () => {
  const rig = makeRig()
  const first = rig.ask()
  const firstAsk = rig.lastAsk()
  const second = rig.ask()
  expect(rig.told[1]).toMatchObject({
    event: 'restart-other',
    service: 'logic',
    name: 'worker',
    pid: 7,
    words: 'it hangs',
  })
  // As it arrives at the other end of the channel.
  expect(parseChildMessage(JSON.parse(JSON.stringify(rig.told[1])))).toEqual(rig.told[1])
  rig.say({ event: 'answer', ask: rig.lastAsk(), isDone: false })
  rig.say('something else')
  rig.say({ event: 'answer', ask: firstAsk, isDone: true })
  expect([await first, await second]).toEqual([true, false])
})

test('S1 a supervisor that does not answer is waited for only so long', async () => {
  const rig = makeRig()
  const asking = rig.ask()
  rig.clock.advance(5_000)
  await expect(asking).rejects.toMatchObject({ kind: 'unavailable' })
})
